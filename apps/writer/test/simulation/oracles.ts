import type { DestinationKind, RoomId } from '@roomlog/domain'
import type { World } from './world.ts'

/** What is wrong in the world, in words; it knows only what was acknowledged. */
export function wrongs(world: World, how: { readonly restored: boolean }): string[] {
  const found: string[] = []
  if (world.pending() > 0) found.push(`${world.pending()} still pending after the faults stopped`)
  for (const error of world.errors) found.push(`the writer failed: ${describe(error)}`)
  for (const store of world.stores.values()) {
    const { kind, id } = store.version
    const held = store.records()
    const times = new Map<string, number>()
    for (const record of held) times.set(record.id, (times.get(record.id) ?? 0) + 1)
    const due = world.acknowledged.filter(({ to }) => to.includes(id))
    for (const { id: record } of due) if (!times.has(record)) found.push(`${kind} never got ${record}`)
    if (once(kind, how.restored)) {
      for (const [record, n] of times) if (n > 1) found.push(`${kind} got ${record} ${n} times`)
    }
    const known = new Set([...world.acknowledged, ...world.lost].map(({ id: record }) => record))
    for (const record of times.keys())
      if (![...known].some((one) => one === record)) found.push(`${kind} got ${record} from nowhere`)
    for (const roomId of world.rooms) {
      const expected = due.filter((sent) => sent.roomId === roomId).map(({ id: record }) => record)
      const seen = inOrder(held, roomId, new Set(expected))
      if (seen.join() !== expected.join()) found.push(`${kind} shows room ${roomId} in another order`)
    }
  }
  return found
}

function once(kind: DestinationKind, restored: boolean): boolean {
  return kind === 's3' || (kind === 'cloudWatchLogs' && !restored)
}

/** First occurrences, in the destination's order. */
function inOrder(
  held: readonly { roomId: RoomId; id: string }[],
  roomId: RoomId,
  wanted: ReadonlySet<string>,
): string[] {
  return [...new Set(held.filter((record) => record.roomId === roomId && wanted.has(record.id)).map(({ id }) => id))]
}

function describe(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'err' in error) return describe(error.err)
  return error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error)
}
