import { type CreateRoomInput, fail, ok, type Result, type Room, serviceQuotaExceededException } from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import { holdForRoom } from './attach.ts'
import { presentRoom } from './present.ts'
import { withinRateCeiling } from './rate-ceiling.ts'

export default operation('room.create', createRoom)

/**
 * No change of the configuration is announced: nobody can have asked for a room whose id was not told yet,
 * and where records go is never decided by a room's absence that was remembered.
 */
async function createRoom(
  ctx: Needs<'region' | 'store' | 'clock' | 'newId' | 'ceilings'>,
  input: CreateRoomInput,
): Promise<Result<Room>> {
  const { accountId } = ctx
  const { roomRateMax, roomsMax } = ctx.ceilings
  const { name, maximumMessageRatePerSecond, maximumMessageLength, messageReviewHandler: handler, tags } = input
  const rate = withinRateCeiling(maximumMessageRatePerSecond, roomRateMax)
  if (!rate.ok) return rate
  return ctx.store.transact(async (tx) => {
    await tx.accounts.lock(accountId)
    if ((await tx.rooms.count(accountId)) >= roomsMax) {
      return fail(serviceQuotaExceededException({ resourceId: accountId, resourceType: 'ROOM', limit: roomsMax }))
    }
    const held = await holdForRoom(ctx, tx, input.loggingConfigurationIdentifiers ?? [])
    if (!held.ok) return held
    const row = await tx.rooms.create({
      id: ctx.newId(),
      accountId,
      name,
      maximumMessageRatePerSecond,
      maximumMessageLength,
      reviewHandler: handler && { uri: handler.uri ?? '', fallbackResult: handler.fallbackResult ?? 'ALLOW' },
      tags,
      createdAt: new Date(ctx.clock.nowMs()),
      lists: held.value,
    })
    return ok(presentRoom(ctx.region, row))
  })
}
