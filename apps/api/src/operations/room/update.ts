import { ok, type Result, type Room, type RoomId, type UpdateRoomInput } from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { transactionOf } from '../../database/transact.ts'
import { operation } from '../../operation.ts'
import type { Transaction } from '../../store/store.ts'
import { notFound, roomIdOf } from '../resource.ts'
import { holdForRoom } from './attach.ts'
import { presentRoom } from './present.ts'
import { withinRateCeiling } from './rate-ceiling.ts'

export default operation('room.update', updateRoom)

/** What is left out stays; a list of logging configurations replaces the whole list, exactly at the commit. */
async function updateRoom(
  ctx: Needs<'region' | 'store' | 'clock' | 'journal' | 'ceilings' | 'rooms'>,
  input: UpdateRoomInput,
): Promise<Result<Room>> {
  const id = roomIdOf(ctx, input.identifier)
  if (!id.ok) return id
  const rate = withinRateCeiling(input.maximumMessageRatePerSecond, ctx.ceilings.roomRateMax)
  if (!rate.ok) return rate
  const result = await ctx.store.transact((tx) => change(ctx, tx, id.value, input))
  ctx.rooms.forget(id.value)
  return result
}

async function change(
  ctx: Needs<'region' | 'clock' | 'journal'>,
  tx: Transaction,
  id: RoomId,
  input: UpdateRoomInput,
): Promise<Result<Room>> {
  const { name, maximumMessageRatePerSecond, maximumMessageLength, messageReviewHandler: handler } = input
  const before = await tx.rooms.lock(ctx.accountId, id)
  if (before === undefined) return notFound('ROOM', id)
  const listBefore = before.loggingConfigurations.map((listed) => listed.loggingConfigurationId)
  const arns = input.loggingConfigurationIdentifiers
  const listed = arns === undefined ? ok(listBefore) : await holdForRoom(ctx, tx, arns, listBefore)
  if (!listed.ok) return listed
  const lists = isSame(listed.value, listBefore) ? undefined : listed.value
  const row = await tx.rooms.update(id, {
    updatedAt: new Date(ctx.clock.nowMs()),
    name,
    maximumMessageRatePerSecond,
    maximumMessageLength,
    reviewHandler: handler && {
      uri: handler.uri ?? before.reviewHandlerUri ?? '',
      fallbackResult: handler.fallbackResult ?? before.reviewHandlerFallbackResult ?? 'ALLOW',
    },
    lists,
  })
  if (lists !== undefined) await ctx.journal.announce(transactionOf(tx.sql))
  return ok(presentRoom(ctx.region, row))
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i])
}
