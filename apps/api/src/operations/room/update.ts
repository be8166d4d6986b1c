import {
  type LoggingConfigurationId,
  ok,
  type Result,
  type Room,
  type RoomId,
  type UpdateRoomInput,
} from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { type Tx, transactionOf } from '../../database/transact.ts'
import { operation } from '../../operation.ts'
import { notFound, roomIdOf } from '../resource.ts'
import { holdForRoom, listedRows } from './attach.ts'
import { presentRoom, roomSelect } from './present.ts'
import { withinRateCeiling } from './rate-ceiling.ts'

export default operation('room.update', updateRoom)

/** What is left out stays; a list of logging configurations replaces the whole list, exactly at the commit. */
async function updateRoom(ctx: Context, input: UpdateRoomInput): Promise<Result<Room>> {
  const id = roomIdOf(ctx, input.identifier)
  if (!id.ok) return id
  const rate = withinRateCeiling(input.maximumMessageRatePerSecond, ctx.ceilings.roomRateMax)
  if (!rate.ok) return rate
  const result = await ctx.transact((tx) => change(ctx, tx, id.value, input))
  ctx.rooms.forget(id.value)
  return result
}

async function change(ctx: Context, tx: Tx, id: RoomId, input: UpdateRoomInput): Promise<Result<Room>> {
  const [locked] = await tx.$queryRaw<unknown[]>`
    select id from room where id = ${id} and account_id = ${ctx.accountId} for update`
  if (locked === undefined) return notFound('ROOM', id)
  const before = await tx.room.findUniqueOrThrow({ where: { id }, select: roomSelect })
  const listBefore = before.loggingConfigurations.map((listed) => listed.loggingConfigurationId)

  const list = input.loggingConfigurationIdentifiers
  let listNow: readonly LoggingConfigurationId[] | undefined
  if (list !== undefined) {
    const held = await holdForRoom(ctx, tx, list, listBefore)
    if (!held.ok) return held
    if (!isSame(held.value, listBefore)) listNow = held.value
  }

  if (listNow !== undefined) await tx.roomLoggingConfiguration.deleteMany({ where: { roomId: id } })
  const handler = input.messageReviewHandler
  const row = await tx.room.update({
    where: { id },
    data: {
      updatedAt: new Date(ctx.clock.nowMs()),
      ...(input.name === undefined ? {} : { name: input.name }),
      ...(input.maximumMessageRatePerSecond === undefined
        ? {}
        : { maximumMessageRatePerSecond: input.maximumMessageRatePerSecond }),
      ...(input.maximumMessageLength === undefined ? {} : { maximumMessageLength: input.maximumMessageLength }),
      ...(handler === undefined
        ? {}
        : {
            reviewHandlerUri: handler.uri ?? before.reviewHandlerUri ?? '',
            reviewHandlerFallbackResult: handler.fallbackResult ?? before.reviewHandlerFallbackResult ?? 'ALLOW',
          }),
      ...(listNow === undefined ? {} : { loggingConfigurations: { create: listedRows(listNow) } }),
    },
    select: roomSelect,
  })
  if (listNow !== undefined) await ctx.journal.announce(transactionOf(tx))
  return ok(presentRoom(ctx.region, row))
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i])
}
