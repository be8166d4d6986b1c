import type { DestinationVersionId, MessageId, RoomId } from '@roomlog/domain'
import { type AppendRequest, type GivenUp, type Partition, type RedriveRequest, toPartition } from '@roomlog/journal'
import { createMemoryJournal, type MemoryJournal } from '@roomlog/journal/memory'
import type { SimulatedTime } from './time.ts'

/** A record as it was committed, and where it had to go by what was attached and ACTIVE at that moment. */
export type Committed = {
  readonly id: MessageId
  readonly roomId: RoomId
  readonly partition: Partition
  readonly position: number
  readonly owed: readonly DestinationVersionId[]
  readonly addressed: readonly DestinationVersionId[]
  /** Sent again by hand, so late and outside the order. */
  readonly redriven: boolean
}

type Backup = {
  readonly state: ReturnType<MemoryJournal['snapshot']>
  readonly commits: readonly Committed[]
  readonly redriven: readonly string[]
  readonly falls: readonly Fall[]
  readonly tombstones: readonly Tombstone[]
}

/** What an operator set aside, and how many records each destination version gave up with it. */
export type Tombstone = {
  readonly partition: Partition
  readonly first: number
  readonly last: number
  readonly givenUp: readonly GivenUp[]
}

/** Where a partition's time was healed: what is behind the position has an earlier time. */
type Fall = { readonly partition: Partition; readonly position: number }

/** The database: the memory journal, and a list of what was committed that outlives trimming. */
export class Witness {
  readonly journal: MemoryJournal
  commits: Committed[] = []
  /** Committed, then gone with a restored database. */
  readonly lost: Committed[] = []
  /** Dead letters that a redrive took away. */
  readonly redriven = new Set<string>()
  falls: Fall[] = []
  /** How far the database's clock is off; what the processes believe is right. */
  clockOffMs = 0
  tombstones: Tombstone[] = []
  /** Set aside once, and there again since the database was restored to a state of before. */
  readonly undone: Tombstone[] = []
  #heads: number[]

  constructor(time: SimulatedTime, partitions: number) {
    const clock = { nowMs: () => time.nowMs + this.clockOffMs }
    const believed = { nowMs: () => time.nowMs, sure: () => true }
    this.journal = createMemoryJournal({ partitions, clock, time: believed })
    this.#heads = Array.from({ length: partitions }, () => 0)
  }

  /** An append, and the truth of the moment if it commits: the call is one atomic step. */
  async append(request: AppendRequest, owedNow: (roomId: RoomId) => readonly DestinationVersionId[] | undefined) {
    const { partition, records } = request
    const outcome = this.journal.append(request)
    const owed = records.map(({ roomId }) => owedNow(roomId) ?? [])
    const answer = await outcome
    if (answer.status === 'appended' && answer.firstPosition > (this.#heads[partition] ?? 0)) {
      this.#heads[partition] = answer.firstPosition + records.length - 1
      records.forEach(({ id, roomId, destinations: addressed }, n) => {
        const position = answer.firstPosition + n
        this.commits.push({ id, roomId, partition, position, owed: owed[n] ?? [], addressed, redriven: false })
      })
    }
    return answer
  }

  async redrive(request: RedriveRequest): Promise<number> {
    const before = this.journal.inspect()
    const { letters } = await this.journal.redrive(request)
    const after = this.journal.inspect()
    const left = new Set(after.deadLetters.map(({ letterId }) => letterId))
    const gone = before.deadLetters.filter(({ letterId }) => !left.has(letterId))
    for (const { destinationVersionId, position, partition } of gone) {
      this.redriven.add(deadKey(destinationVersionId, partition, position))
    }
    for (const { partition, head } of after.partitions) {
      const from = (this.#heads[partition] ?? 0) + 1
      this.#heads[partition] = head
      const here = gone.filter((letter) => letter.partition === partition)
      here.sort((a, b) => Number(a.letterId) - Number(b.letterId))
      here.forEach(({ id, roomId }, n) => {
        const to = [request.to]
        this.commits.push({ id, roomId, partition, position: from + n, owed: to, addressed: to, redriven: true })
      })
    }
    return letters
  }

  /** As an operator does where a clock that had jumped left a partition's time ahead; whether there was anything to heal. */
  async healTime(partition: Partition): Promise<boolean> {
    const { status } = await this.journal.healTime(partition, { dryRun: false })
    if (status === 'healed') this.falls.push({ partition, position: this.#heads[partition] ?? 0 })
    return status === 'healed'
  }

  /** Sets aside whatever does not verify; returns how many batches. */
  setAside(exists: (id: number) => boolean): number {
    const before = this.tombstones.length
    for (const { partition, batches } of this.journal.inspect().partitions) {
      for (const { firstPosition } of batches) {
        const outcome = this.journal.setAside(partition, firstPosition, exists)
        if (outcome.status === 'set aside') this.tombstones.push({ partition, ...outcome })
      }
    }
    return this.tombstones.length - before
  }

  isSetAside(commit: Pick<Committed, 'partition' | 'position'>): boolean {
    return this.tombstones.some((at) => holds(at, commit))
  }

  /** Delivered, if at all, behind what came after it: while it was set aside nobody waited for it. */
  isBackAgain(commit: Pick<Committed, 'partition' | 'position'>): boolean {
    return this.undone.some((at) => holds(at, commit))
  }

  /** Expires a partition's lease, whoever holds it. */
  steal(partition: number): void {
    const state = this.journal.snapshot()
    const at = state.partitions[partition]
    if (at?.lease) at.lease = { ...at.lease, expiresAtMs: 0 }
    this.journal.restore(state)
  }

  backup(): Backup {
    return {
      state: this.journal.snapshot(),
      commits: [...this.commits],
      redriven: [...this.redriven],
      falls: [...this.falls],
      tombstones: [...this.tombstones],
    }
  }

  restore({ state, commits, redriven, falls, tombstones }: Backup): void {
    this.journal.restore(state)
    this.lost.push(...this.commits.slice(commits.length))
    this.commits = [...commits]
    this.falls = [...falls]
    this.undone.push(...this.tombstones.filter((at) => !tombstones.includes(at)))
    this.tombstones = [...tombstones]
    this.redriven.clear()
    for (const key of redriven) this.redriven.add(key)
    this.#heads = state.partitions.map(({ head }) => head)
  }

  /** Records that some destination still waits for, counted roughly. */
  pending(): number {
    return this.journal.inspect().partitions.reduce((sum, at) => sum + (at.head - at.dispatched) + at.lanes.size, 0)
  }

  partitions(): readonly Partition[] {
    return this.#heads.map((_, n) => toPartition(n))
  }
}

export function deadKey(version: DestinationVersionId, partition: Partition, position: number): string {
  return `${version}/${partition}/${position}`
}

function holds(at: Tombstone, { partition, position }: Pick<Committed, 'partition' | 'position'>): boolean {
  return at.partition === partition && at.first <= position && position <= at.last
}
