import {
  conflictException,
  fail,
  internalServerException,
  type MessageId,
  ok,
  type Result,
  type RoomlogError,
  serviceUnavailable,
} from '@roomlog/domain'
import type { Submission, SubmitOutcome } from '@roomlog/journal'
import type { Needs } from '../../context.ts'
import { notFound } from '../resource.ts'
import type { FindingRooms } from './find-room.ts'

/** Recording something needs these services. */
type Recording = Needs<'appender' | 'rooms' | 'limiter' | 'log'>
/** Sending something to a room means to find it, to say when, and to record; it needs the services of all three. */
export type Sending = FindingRooms & Recording & Needs<'clock' | 'newId'>
export type SendingMessages = Sending & Needs<'writeRecord'>

/** What whoever sent it is told of a record: of the first one, where the call was made before. */
export type Recorded = { readonly id: MessageId; readonly sendTime: string }

/**
 * Hands a record to the journal and waits for its fate: only what is durable is acknowledged. The order of the calls is
 * the order of the records.
 */
export async function recordIt(ctx: Recording, record: Submission, sendTime: string): Promise<Result<Recorded>> {
  const outcome = await ctx.appender.submit(record, { signal: ctx.signal })
  return outcome.status === 'recorded' ? ok({ id: record.id, sendTime }) : resultOf(ctx, record, outcome)
}

/** As `recordIt` for each in turn, handed over together; `differ` is told of those that are not recorded as they are. */
export async function recordAll<S extends Submission>(
  ctx: Recording,
  records: readonly S[],
  differ: (record: S, answer: Recorded | { readonly error: RoomlogError }) => void,
): Promise<void> {
  const outcomes = await ctx.appender.submitAll(records, { signal: ctx.signal })
  for (const [i, record] of records.entries()) {
    const outcome = outcomes[i]
    if (outcome === undefined) throw new Error('a record has no outcome')
    if (outcome.status === 'recorded') continue
    const result = resultOf(ctx, record, outcome)
    differ(record, result.ok ? result.value : { error: result.error })
  }
}

type Other = Exclude<SubmitOutcome, { readonly status: 'recorded' }>

function resultOf(ctx: Recording, { roomId, id, once }: Submission, outcome: Other): Result<Recorded> {
  switch (outcome.status) {
    case 'repeated':
      return ok({ id: outcome.id, sendTime: outcome.sendTime })
    case 'conflict':
      return fail(conflictException({ resourceId: roomId, resourceType: 'ROOM' }, OTHER_CONTENT))
    case 'gone':
      ctx.rooms.forget(roomId)
      return notFound('ROOM', roomId)
    case 'overloaded':
      return fail(serviceUnavailable('Too much is waiting to be recorded; nothing was recorded, try again'))
    case 'unavailable':
      warn(ctx, 'api.notRecorded', outcome.reason)
      return fail(serviceUnavailable('The database cannot be used now; nothing was recorded, try again'))
    case 'unknown': {
      warn(ctx, 'api.unknownCommit', outcome.reason)
      const what = `It is unknown whether this was recorded: once, with the Id ${id}, or not at all`
      return fail(internalServerException(once ? `${what}; ask again with the same idempotencyKey` : what))
    }
  }
}

const OTHER_CONTENT =
  'The idempotencyKey was given in this room within 24 hours, with another call; nothing was recorded, use another key'

/** Once a second and kind: an outage refuses thousands of records a second. */
function warn(ctx: Recording, event: string, reason: string): void {
  if (ctx.limiter.take([{ key: `log:${event}`, perSecond: 1 }]) !== undefined) return
  ctx.log.warn({ event, reason }, 'Records are not acknowledged.')
}
