import { ok, type Result, type RoomArn } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import type { RoomEntry } from '../../rooms/room-cache.ts'
import { notFound, roomIdOf } from '../resource.ts'

/** The account's room to send to. */
export async function findRoom(ctx: Context, arn: RoomArn): Promise<Result<RoomEntry>> {
  const id = roomIdOf(ctx, arn)
  if (!id.ok) return id
  const found = await ctx.rooms.find([id.value], { signal: ctx.signal })
  return ownRoom(ctx, found.get(id.value), id.value)
}

/** What the cache holds is of all accounts. */
export function ownRoom(ctx: Context, room: RoomEntry | undefined, roomId: string): Result<RoomEntry> {
  return room?.accountId === ctx.accountId ? ok(room) : notFound('ROOM', roomId)
}
