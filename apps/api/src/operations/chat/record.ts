import { fail, internalServerException, ok, type Result, type RoomlogError, serviceUnavailable } from '@roomlog/domain'
import type { Submission, SubmitOutcome } from '@roomlog/journal'
import type { Needs } from '../../context.ts'
import { notFound } from '../resource.ts'
import type { FindingRooms } from './find-room.ts'

/** What it takes to record something. */
type Recording = Needs<'appender' | 'rooms' | 'limiter' | 'log'>
/** What it takes to send something to a room: to find it, to say when, and to record. */
export type Sending = FindingRooms & Recording & Needs<'clock' | 'newId'>
export type SendingMessages = Sending & Needs<'writeRecord'>

/**
 * Hands a record to the journal and waits for its fate: only what is durable is acknowledged. The order of the calls is
 * the order of the records.
 */
export async function recordIt(ctx: Recording, record: Submission): Promise<Result<undefined>> {
  return resultOf(ctx, record, await ctx.appender.submit(record, { signal: ctx.signal }))
}

/** As `recordIt` for each in turn, handed over together; `refuse` is told of those that are not acknowledged. */
export async function recordAll<S extends Submission>(
  ctx: Recording,
  records: readonly S[],
  refuse: (record: S, error: RoomlogError) => void,
): Promise<void> {
  const outcomes = await ctx.appender.submitAll(records, { signal: ctx.signal })
  for (const [i, record] of records.entries()) {
    const result = resultOf(ctx, record, outcomes[i])
    if (!result.ok) refuse(record, result.error)
  }
}

const RECORDED: Result<undefined> = ok(undefined)

function resultOf(ctx: Recording, { roomId, id }: Submission, outcome: SubmitOutcome | undefined): Result<undefined> {
  switch (outcome?.status) {
    case 'recorded':
      return RECORDED
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
    case 'repeated':
    case 'conflict':
      throw new Error('no call has a key')
    case undefined:
      throw new Error('a record has no outcome')
  }
}

/** Once a second and kind: an outage refuses thousands of records a second. */
function warn(ctx: Recording, event: string, reason: string): void {
  if (ctx.limiter.take([{ key: `log:${event}`, perSecond: 1 }]) !== undefined) return
  ctx.log.warn({ event, reason }, 'Records are not acknowledged.')
}
