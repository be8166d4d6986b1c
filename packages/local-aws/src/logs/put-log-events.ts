import { isObject } from '../json-input.ts'
import { logsError } from './error.ts'
import {
  BATCH_BYTES_MAX,
  BATCH_EVENTS_MAX,
  BATCH_SPAN_MAX_MS,
  EVENT_BYTES_MAX,
  EVENT_OVERHEAD_BYTES,
  TOO_NEW_MS,
  TOO_OLD_MS,
} from './limits.ts'

export type InputEvent = { readonly timestamp: number; readonly message: string }

export type RejectedInfo = {
  tooNewLogEventStartIndex?: number
  tooOldLogEventEndIndex?: number
  expiredLogEventEndIndex?: number
}

export type Judged = {
  readonly accepted: readonly InputEvent[]
  /** UTF-8 bytes of the accepted messages. */
  readonly bytes: number
  readonly rejected: RejectedInfo | undefined
}

/** Judges a batch as PutLogEvents does: throws when the call fails, else says which events are taken. */
export function judgeBatch(input: unknown, now: number, retentionDays: number | undefined): Judged {
  const events = eventsOf(input)
  checkBytes(events)
  checkOrder(events)

  const oldest = now - TOO_OLD_MS
  const expired = retentionDays === undefined ? 0 : now - retentionDays * 24 * 3600 * 1000
  const tooOldEnd = firstIndex(events, (event) => event.timestamp >= oldest)
  const expiredEnd = firstIndex(events, (event) => event.timestamp >= expired)
  const tooNewStart = firstIndex(events, (event) => event.timestamp > now + TOO_NEW_MS)
  const accepted = events.slice(Math.min(tooNewStart, Math.max(tooOldEnd, expiredEnd)), tooNewStart)
  checkSpan(accepted)

  const rejected: RejectedInfo = {}
  if (tooNewStart < events.length) rejected.tooNewLogEventStartIndex = tooNewStart
  if (tooOldEnd > 0) rejected.tooOldLogEventEndIndex = tooOldEnd
  if (expiredEnd > 0) rejected.expiredLogEventEndIndex = expiredEnd
  return {
    accepted,
    bytes: accepted.reduce((sum, event) => sum + Buffer.byteLength(event.message), 0),
    rejected: Object.keys(rejected).length > 0 ? rejected : undefined,
  }
}

function eventsOf(input: unknown): InputEvent[] {
  if (!Array.isArray(input) || input.length < 1 || input.length > BATCH_EVENTS_MAX) {
    throw invalid(`Value at 'logEvents' failed to satisfy constraint: Member must have length 1 to ${BATCH_EVENTS_MAX}`)
  }
  return input.map((event: unknown, index) => {
    if (!isObject(event) || typeof event.message !== 'string' || event.message.length < 1) {
      throw invalid(
        `Value at 'logEvents.${index + 1}.member.message' failed to satisfy constraint: Member must not be empty`,
      )
    }
    if (typeof event.timestamp !== 'number' || !Number.isSafeInteger(event.timestamp) || event.timestamp < 0) {
      throw invalid(
        `Value at 'logEvents.${index + 1}.member.timestamp' failed to satisfy constraint: Member must be >= 0`,
      )
    }
    return { timestamp: event.timestamp, message: event.message }
  })
}

function checkBytes(events: readonly InputEvent[]) {
  let batchBytes = 0
  for (const { message } of events) {
    const bytes = Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES
    if (bytes > EVENT_BYTES_MAX)
      throw invalid(`Log event too large: ${bytes} bytes exceeds limit of ${EVENT_BYTES_MAX}`)
    batchBytes += bytes
  }
  if (batchBytes > BATCH_BYTES_MAX) {
    throw invalid(`Upload too large: ${batchBytes} bytes exceeds limit of ${BATCH_BYTES_MAX}`)
  }
}

function checkOrder(events: readonly InputEvent[]) {
  let before = 0
  for (const { timestamp } of events) {
    if (timestamp < before) {
      throw invalid('Log events in a single PutLogEvents request must be in chronological order.')
    }
    before = timestamp
  }
}

function checkSpan(accepted: readonly InputEvent[]) {
  const first = accepted[0]
  const last = accepted[accepted.length - 1]
  if (first !== undefined && last !== undefined && last.timestamp - first.timestamp > BATCH_SPAN_MAX_MS) {
    throw invalid('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.')
  }
}

function firstIndex(events: readonly InputEvent[], holds: (event: InputEvent) => boolean): number {
  const index = events.findIndex(holds)
  return index < 0 ? events.length : index
}

function invalid(message: string): Error {
  return logsError('InvalidParameterException', message)
}
