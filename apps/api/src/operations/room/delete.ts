import { type DeleteRoomInput, type Nothing, ok, type Result } from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { transactionOf } from '../../database/transact.ts'
import { operation } from '../../operation.ts'
import { notFound, roomIdOf } from '../resource.ts'

export default operation('room.delete', deleteRoom)

/** What the room has said stays in the journal and is delivered; nothing more is taken once this is committed. */
async function deleteRoom(
  ctx: Needs<'region' | 'store' | 'rooms' | 'journal'>,
  input: DeleteRoomInput,
): Promise<Result<Nothing>> {
  const id = roomIdOf(ctx, input.identifier)
  if (!id.ok) return id
  const result = await ctx.store.transact(async (tx) => {
    if (!(await tx.rooms.delete(ctx.accountId, id.value))) return notFound('ROOM', id.value)
    await ctx.journal.announce(transactionOf(tx.sql))
    return ok({})
  })
  ctx.rooms.forget(id.value)
  return result
}
