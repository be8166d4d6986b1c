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
    const wrong = wrongAnswer(world, submitted, ever.has(submitted.id))
    if (wrong) found.push(`${submitted.id} ${wrong}`)
  }
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

function wrongAnswer(world: World, { outcome, roomId, turn, answeredTurn, life }: Submitted, isCommitted: boolean) {
  const during = () => world.configurations.destinationsDuring(roomId, turn, answeredTurn)
  switch (outcome) {
    case 'recorded':
      return isCommitted || during().some((to) => to?.length === 0) ? undefined : 'was acknowledged and never recorded'
    case 'gone':
      if (isCommitted) return 'was refused as gone and recorded'
      return during().includes(undefined) ? undefined : 'was called gone while its room was there'
    case 'overloaded':
    case 'unavailable':
      return isCommitted ? `was refused as ${outcome} and recorded` : undefined
    case 'unknown':
      return undefined
    case undefined:
      return life.dead ? undefined : 'was never answered'
  }
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
