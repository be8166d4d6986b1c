import { type CreateRoomInput, fail, ok, type Result, type Room, serviceQuotaExceededException } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { lockAccount } from '../../database/transact.ts'
import { operation } from '../../operation.ts'
import { holdForRoom, listedRows } from './attach.ts'
import { presentRoom, roomSelect } from './present.ts'
import { withinRateCeiling } from './rate-ceiling.ts'

export default operation('room.create', createRoom)

/**
 * No change of the configuration is announced: nobody can have asked for a room whose id was not told yet,
 * and where records go is never decided by a room's absence that was remembered.
 */
async function createRoom(ctx: Context, input: CreateRoomInput): Promise<Result<Room>> {
  const { accountId } = ctx
  const { roomRateMax, roomsMax } = ctx.ceilings
  const rate = withinRateCeiling(input.maximumMessageRatePerSecond, roomRateMax)
  if (!rate.ok) return rate
  const handler = input.messageReviewHandler
  return ctx.transact(async (tx) => {
    await lockAccount(tx, accountId)
    if ((await tx.room.count({ where: { accountId } })) >= roomsMax) {
      return fail(serviceQuotaExceededException({ resourceId: accountId, resourceType: 'ROOM', limit: roomsMax }))
    }
    const held = await holdForRoom(ctx, tx, input.loggingConfigurationIdentifiers ?? [])
    if (!held.ok) return held
    const now = new Date(ctx.clock.nowMs())
    const row = await tx.room.create({
      data: {
        id: ctx.newId(),
        accountId,
        name: input.name,
        maximumMessageRatePerSecond: input.maximumMessageRatePerSecond,
        maximumMessageLength: input.maximumMessageLength,
        tags: input.tags,
        createdAt: now,
        updatedAt: now,
        ...(handler === undefined
          ? {}
          : { reviewHandlerUri: handler.uri ?? '', reviewHandlerFallbackResult: handler.fallbackResult ?? 'ALLOW' }),
        loggingConfigurations: { create: listedRows(held.value) },
      },
      select: roomSelect,
    })
    return ok(presentRoom(ctx.region, row))
  })
}
