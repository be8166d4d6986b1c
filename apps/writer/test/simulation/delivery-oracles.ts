import type { DestinationKind, DestinationVersion, DestinationVersionId, MessageId, RoomId } from '@roomlog/domain'
import { type Committed, deadKey } from './witness.ts'
import type { World } from './world.ts'

type Owed = { readonly commit: Committed; readonly version: DestinationVersion }

/** What is wrong between what was committed and what stands in the destinations, in words. */
export function deliveryWrongs(world: World): string[] {
  const found: string[] = []
  const pending = world.witness.pending()
  if (pending > 0) found.push(`${pending} still pending long after the faults stopped`)
  const targets = new Map<string, DestinationKind>()
  for (const { target, kind } of world.configurations.versions.values()) targets.set(target, kind)
  for (const [target, kind] of targets) {
    const at = new Target(world, target, kind)
    found.push(...at.unaccounted(), ...at.intruders(), ...at.repeated(), ...at.disordered())
  }
  for (const { id } of world.witness.journal.inspect().deadLetters) {
    if (!world.everPoison.has(id)) found.push(`${id} was buried, and nothing is wrong with it`)
  }
  return [...found, ...miscounted(world)]
}

class Target {
  readonly #world: World
  readonly #target: string
  readonly #kind: DestinationKind
  readonly #owed: readonly Owed[]
  readonly #times = new Map<MessageId, number>()
  readonly #rooms = new Map<RoomId, Set<MessageId>>()

  constructor(world: World, target: string, kind: DestinationKind) {
    this.#world = world
    this.#target = target
    this.#kind = kind
    this.#owed = this.#owedIn(world.witness.commits)
    for (const { id, roomId } of world.stores.get(target)?.records() ?? []) {
      this.#times.set(id, (this.#times.get(id) ?? 0) + 1)
      const room = this.#rooms.get(roomId)
      if (room) room.add(id)
      else this.#rooms.set(roomId, new Set([id]))
    }
  }

  /** Each record is delivered, or a dead letter, or given up and counted. */
  unaccounted(): string[] {
    const { witness, abandoned, was } = this.#world
    const { deadLetters, totals } = witness.journal.inspect()
    const dead = new Set(deadLetters.map((at) => deadKey(at.destinationVersionId, at.partition, at.position)))
    const found: string[] = []
    let missing = 0
    for (const { commit, version } of this.#owed) {
      const key = deadKey(version.id, commit.partition, commit.position)
      const isDelivered = this.#times.has(commit.id)
      if (isDelivered && dead.has(key) && !was.restored) found.push(`${this.#target} got ${commit.id}, which is dead`)
      const isKept = dead.has(key) || witness.redriven.has(key)
      if (!isDelivered && !isKept && !abandoned.has(version.id) && !witness.isSetAside(commit)) {
        missing++
        found.push(`${this.#target} never got ${commit.id}`)
      }
    }
    const mine = new Set(this.#owed.map(({ version }) => version.id))
    const sum = (given: readonly { destinationVersionId: DestinationVersionId; givenUp: number }[]) =>
      given.filter((at) => mine.has(at.destinationVersionId)).reduce((all, at) => all + at.givenUp, 0)
    // What was set aside accounts for nothing else.
    const aside = witness.tombstones.flatMap(({ givenUp }) => givenUp)
    const givenUp = sum(totals) - sum(aside.map((at) => ({ ...at, givenUp: at.records })))
    return missing <= givenUp ? found.filter((wrong) => !wrong.includes('never got')) : found
  }

  /** Nothing is there that was not sent there. */
  intruders(): string[] {
    const known = new Set([...this.#owed, ...this.#owedIn(this.#world.witness.lost)].map(({ commit }) => commit.id))
    return [...this.#times.keys()].filter((id) => !known.has(id)).map((id) => `${this.#target} got ${id} uninvited`)
  }

  repeated(): string[] {
    const { was, witness } = this.#world
    const lost = new Set(witness.lost.map(({ id }) => id))
    // A retry that lands again after a restore is another record of another history.
    const more = [...this.#times].filter(([id, n]) => n > 1 && !lost.has(id))
    if (
      this.#kind === 's3' ||
      (this.#kind === 'cloudWatchLogs' && !was.restored && !was.stolen && !this.#world.isLate)
    ) {
      return more.map(([id, n]) => `${this.#target} got ${id} ${n} times`)
    }
    if (was.restored) return []
    const repeats = more.reduce((sum, [, n]) => sum + n - 1, 0)
    const ids = new Set(this.#owed.map(({ version }) => version.id))
    const counted = witness.journal.inspect().totals.filter((at) => ids.has(at.destinationVersionId))
    const possible = counted.reduce((sum, at) => sum + at.repeatsPossible, 0)
    if (repeats > 0) this.#world.census.count(`${this.#kind} repeated`)
    return repeats > possible ? [`${this.#target} holds ${repeats} repeats, but ${possible} were called possible`] : []
  }

  /** First occurrences stand in the order of the journal, on either side of where an operator had time fall. */
  disordered(): string[] {
    const { was, witness, stores } = this.#world
    if (was.stolen && this.#kind !== 's3') return []
    const delayed = stores.get(this.#target)?.delayed
    // S3 sorts by position, whatever came first.
    const isLate = (at: Committed) => at.redriven || (this.#kind !== 's3' && witness.isBackAgain(at))
    const twice = new Set([...witness.lost, ...witness.commits.filter(isLate)].map(({ id }) => id))
    const inOrder = [...this.#owed].sort((a, b) => a.commit.position - b.commit.position)
    const fallsBefore = ({ partition, position }: Committed) =>
      witness.falls.filter((fall) => fall.partition === partition && fall.position < position).length
    return [...this.#rooms].flatMap(([roomId, held]) => {
      const mine = inOrder.filter(({ commit }) => commit.roomId === roomId).map(({ commit }) => commit)
      return [...new Set(mine.map(fallsBefore))].flatMap((falls) => {
        const ids = mine.filter((commit) => fallsBefore(commit) === falls).map(({ id }) => id)
        const compared = new Set(ids.filter((id) => held.has(id) && !delayed?.has(id) && !twice.has(id)))
        const seen = [...held].filter((id) => compared.has(id))
        return seen.join() === [...compared].join() ? [] : [`${this.#target} shows room ${roomId} in another order`]
      })
    })
  }

  #owedIn(commits: readonly Committed[]): Owed[] {
    return commits.flatMap((commit) =>
      commit.owed.flatMap((id) => {
        const version = this.#world.configurations.versions.get(id)
        return version?.target === this.#target ? [{ commit, version }] : []
      }),
    )
  }
}

/** The counters add up to what was owed; what a tombstone gave up is an upper bound. */
function miscounted(world: World): string[] {
  if (world.was.restored) return []
  const { journal, commits, tombstones } = world.witness
  const counted = new Map<number, number>()
  const add = (id: number, records: number) => counted.set(id, (counted.get(id) ?? 0) + records)
  for (const { destinationVersionId: id, delivered, dead, givenUp } of journal.inspect().totals) {
    add(id, delivered + dead + givenUp)
  }
  const found: string[] = []
  for (const { partition, first, last, givenUp } of tombstones) {
    const within = commits.filter((at) => at.partition === partition && at.position >= first && at.position <= last)
    for (const { destinationVersionId: id, records } of givenUp) {
      const owed = within.filter((commit) => commit.owed.includes(id)).length
      if (records < owed) found.push(`version ${id} lost ${owed} in a tombstone, and ${records} were counted`)
      add(id, owed - records)
    }
  }
  for (const id of world.configurations.versions.keys()) {
    const owed = commits.filter((commit) => commit.owed.includes(id)).length
    const sum = counted.get(id) ?? 0
    if (sum !== owed && !world.abandoned.has(id)) found.push(`version ${id} was owed ${owed} and counted ${sum}`)
  }
  return found
}
