import type { MessageId, RoomId } from '@roomlog/domain'
import type { Submitted } from './api.ts'
import type { World } from './world.ts'

/** What is wrong between the answers that clients got and what is in the journal, in words. */
export function appendWrongs(world: World): string[] {
  const { commits, lost } = world.witness
  const found: string[] = []
  const first = commits.filter(({ redriven }) => !redriven)
  const committed = new Set(first.map(({ id }) => id))
  if (committed.size !== first.length) found.push(`${first.length - committed.size} records are in the journal twice`)
  for (const { id, owed, addressed } of [...commits, ...lost]) {
    if (owed.join() !== addressed.join()) found.push(`${id} went to ${addressed}, but ${owed} were attached and active`)
  }
  const ever = new Set([...committed, ...lost.map(({ id }) => id)])
  for (const submitted of world.submitted) {
    const wrong = wrongAnswer(world, submitted, committed.has(submitted.id), ever.has(submitted.id))
    if (wrong) found.push(`${submitted.id} ${wrong}`)
  }
  found.push(...keyWrongs(world, committed, ever))
  if (world.census.of('forgot keys that are not old') > 0) found.push('keys were forgotten that are not old')
  for (const roomId of new Set(first.map((commit) => commit.roomId))) {
    const inRoom = first.filter((commit) => commit.roomId === roomId)
    found.push(
      ...wrongOrder(
        world,
        roomId,
        inRoom.map(({ id }) => id),
      ),
    )
  }
  return found
}

// What a restored database has lost is refused rightly by whoever looks for it since: it is there no more.
function wrongAnswer(
  world: World,
  { outcome, roomId, turn, answeredTurn, life }: Submitted,
  isCommitted: boolean,
  wasCommitted: boolean,
) {
  const during = () => world.configurations.destinationsDuring(roomId, turn, answeredTurn)
  switch (outcome) {
    case 'recorded':
      return wasCommitted || during().some((to) => to?.length === 0) ? undefined : 'was acknowledged and never recorded'
    case 'gone':
      if (isCommitted) return 'was refused as gone and recorded'
      return during().includes(undefined) ? undefined : 'was called gone while its room was there'
    case 'repeated':
      return isCommitted ? 'was answered as the first with its key and recorded' : undefined
    case 'conflict':
    case 'overloaded':
    case 'unavailable':
      return isCommitted ? `was refused as ${outcome} and recorded` : undefined
    case 'unknown':
      return undefined
    case undefined:
      return life.dead ? undefined : 'was never answered'
  }
}

/** One key, one record, and one answer. */
function keyWrongs(world: World, committed: ReadonlySet<MessageId>, ever: ReadonlySet<MessageId>): string[] {
  const byKey = Map.groupBy(
    world.submitted.filter(({ once }) => once !== undefined),
    ({ roomId, once }) => `${roomId} ${once?.key}`,
  )
  return [...byKey].flatMap(([name, asked]) => {
    const found: string[] = []
    const recorded = asked.filter(({ id }) => committed.has(id))
    if (recorded.length > 1) found.push(`key ${name}: ${recorded.map(({ id }) => id)} are all recorded`)
    const answered = asked.filter(({ saidId }) => saidId !== undefined)
    const said = new Set(answered.map(({ saidId }) => saidId))
    // A restored database may have forgotten the first, and its key with it.
    if (said.size > 1 && !world.was.restored) found.push(`key ${name}: was answered ${[...said]}`)
    for (const { id, saidId, once, roomId, answeredTurn } of answered) {
      const first = asked.find((other) => other.id === saidId)
      if (first === undefined) found.push(`key ${name}: ${id} was answered ${saidId}, which is another key's`)
      else if (first.once?.hash !== once?.hash) found.push(`key ${name}: ${id} was answered what ${saidId} asked for`)
      else if (!ever.has(first.id)) {
        const during = world.configurations.destinationsDuring(roomId, first.turn, answeredTurn)
        if (during.every((to) => to?.length !== 0)) found.push(`key ${name}: ${saidId} was said and never recorded`)
      }
    }
    const hashes = new Set(asked.map(({ once }) => once?.hash))
    if (hashes.size === 1 && asked.some(({ outcome }) => outcome === 'conflict')) found.push(`key ${name}: no conflict`)
    return found
  })
}

/** A request that was made after another was acknowledged stands behind it. */
function wrongOrder(world: World, roomId: RoomId, inOrder: readonly MessageId[]): string[] {
  const bySubmission = new Map(world.submitted.map((submitted) => [submitted.id, submitted]))
  let latestTurn = 0
  for (const id of inOrder) {
    const submitted = bySubmission.get(id)
    if (!submitted) continue
    if (submitted.outcome === 'recorded' && submitted.answeredTurn < latestTurn) {
      return [`room ${roomId}: ${id} stands behind a record that was asked for after its acknowledgement`]
    }
    latestTurn = Math.max(latestTurn, submitted.turn)
  }
  return []
}
