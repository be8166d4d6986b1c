import { type GetRoomInput, ok, type Result, type Room } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { operation } from '../../operation.ts'
import { notFound, roomIdOf } from '../resource.ts'
import { presentRoom, roomSelect } from './present.ts'

export default operation('room.get', getRoom)

async function getRoom(ctx: Context, input: GetRoomInput): Promise<Result<Room>> {
  const id = roomIdOf(ctx, input.identifier)
  if (!id.ok) return id
  const row = await ctx.db.room.findFirst({ where: { id: id.value, accountId: ctx.accountId }, select: roomSelect })
  return row === null ? notFound('ROOM', id.value) : ok(presentRoom(ctx.region, row))
}
