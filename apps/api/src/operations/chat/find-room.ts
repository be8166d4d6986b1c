import { ok, type Result, type RoomArn, type RoomId } from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { type Counting, throttleLookUp } from '../../limits/throttle.ts'
import type { RoomEntry } from '../../rooms/room-cache.ts'
import { notFound, roomIdOf } from '../resource.ts'

/** Finding rooms to send to needs these services. */
export type FindingRooms = Needs<'region' | 'rooms'> & Counting

/** The account's room to send to. */
export async function findRoom(ctx: FindingRooms, arn: RoomArn): Promise<Result<RoomEntry>> {
  const id = roomIdOf(ctx, arn)
  if (!id.ok) return id
  const found = await findRooms(ctx, [id.value])
  return found.ok ? ownRoom(ctx, found.value.get(id.value), id.value) : found
}

/** Rooms of any account; those that are not there are left out. */
export async function findRooms(
  ctx: FindingRooms,
  roomIds: readonly RoomId[],
): Promise<Result<ReadonlyMap<RoomId, RoomEntry>>> {
  if (!ctx.rooms.knows(roomIds)) {
    const throttled = throttleLookUp(ctx)
    if (!throttled.ok) return throttled
  }
  return ok(await ctx.rooms.find(roomIds))
}

/** What the cache holds is of all accounts. */
export function ownRoom(
  { accountId }: Pick<FindingRooms, 'accountId'>,
  room: RoomEntry | undefined,
  roomId: string,
): Result<RoomEntry> {
  return room?.accountId === accountId ? ok(room) : notFound('ROOM', roomId)
}
