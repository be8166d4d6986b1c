import {
  fail,
  internalServerException,
  type MessageId,
  ok,
  type Result,
  type RoomId,
  serviceUnavailable,
} from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { notFound } from '../resource.ts'

/** A record that is complete: nothing about it is decided after this. */
export type FinishedRecord = {
  readonly roomId: RoomId
  readonly id: MessageId
  readonly sendTimeNs: bigint
  readonly bytes: Uint8Array
}

/**
 * Hands a record to the journal and waits for its fate: only what is durable is acknowledged. The order of the calls is
 * the order of the records.
 */
export async function recordIt(ctx: Context, record: FinishedRecord): Promise<Result<undefined>> {
  const { roomId, id, bytes } = record
  const timeMs = Number(record.sendTimeNs / 1_000_000n)
  const outcome = await ctx.appender.submit({ roomId, id, timeMs, bytes }, { signal: ctx.signal })
  switch (outcome.status) {
    case 'recorded':
      return ok(undefined)
    case 'gone':
      ctx.rooms.forget(roomId)
      return notFound('ROOM', roomId)
    case 'overloaded':
      return fail(serviceUnavailable('Too much is waiting to be recorded; nothing was recorded, try again'))
    case 'unavailable':
      warn(ctx, 'api.notRecorded', outcome.reason)
      return fail(serviceUnavailable('The database cannot be used now; nothing was recorded, try again'))
    case 'unknown':
      warn(ctx, 'api.unknownCommit', outcome.reason)
      return fail(
        internalServerException(`It is unknown whether this was recorded: once, with the Id ${id}, or not at all`),
      )
  }
}

/** Once a second and kind: an outage refuses thousands of records a second. */
function warn(ctx: Context, event: string, reason: string): void {
  if (ctx.limiter.take([{ key: `log:${event}`, perSecond: 1 }]) !== undefined) return
  ctx.log.warn({ event, reason }, 'Records are not acknowledged.')
}
