import { type GetRoomInput, ok, type Result, type Room } from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import { notFound, roomIdOf } from '../resource.ts'
import { presentRoom } from './present.ts'

export default operation('room.get', getRoom)

async function getRoom(ctx: Needs<'region' | 'store'>, input: GetRoomInput): Promise<Result<Room>> {
  const id = roomIdOf(ctx, input.identifier)
  if (!id.ok) return id
  const row = await ctx.store.rooms.find(ctx.accountId, id.value)
  return row === undefined ? notFound('ROOM', id.value) : ok(presentRoom(ctx.region, row))
}
