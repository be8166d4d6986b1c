import { type CloudWatchLogsClient, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { getEndpointFromInstructions } from '@smithy/core/endpoints'
import { type Answer, isJsonObject, type JsonObject, UnprovenAnswer } from '../answer.ts'
import type { Attempt } from '../attempt.ts'
import type { Rejected, SinkRecords } from '../port.ts'
import { createSend } from '../send.ts'
import { jsonWords } from '../service-error.ts'
import { type EventsNames, eventsBody } from './events-body.ts'
import { proveLogsAnswer } from './log-group.ts'

export type PutLogEvents = (
  names: EventsNames,
  records: SinkRecords,
  signal: AbortSignal | undefined,
) => Promise<Attempt<readonly Rejected[]>>

/** Puts events: the request, which of them the answer says were not taken, and what an error means. */
export function createPutLogEvents(client: CloudWatchLogsClient): PutLogEvents {
  const send = createSend(client, {
    service: 'logs',
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Logs_20140328.PutLogEvents' },
    endpoint: () => getEndpointFromInstructions({}, PutLogEventsCommand, client.config),
    wordsOf: jsonWords,
  })
  return (names, records, signal) => {
    const count = records.length
    const body = eventsBody(names, records)
    return send({ body, prove: (answer) => rejectedEvents(answer, count), signal })
  }
}

/**
 * The events that a successful PutLogEvents did not take, by index. Ends are exclusive, the start is inclusive.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_RejectedLogEventsInfo.html
 */
export function rejectedEvents(answer: Answer, count: number): readonly Rejected[] {
  const info = proveLogsAnswer(answer).rejectedLogEventsInfo ?? undefined
  if (info === undefined) return []
  const bounds = isJsonObject(info) ? boundsIn(info, count) : undefined
  // Some were not taken, and nobody can tell which.
  if (bounds === undefined) throw new UnprovenAnswer(answer.status, 'which events it rejects cannot be read')
  const rejected: Rejected[] = []
  for (let index = 0; index < count; index += 1) {
    const reason = reasonOf(index, bounds)
    if (reason !== undefined) rejected.push({ index, reason, retryable: false })
  }
  return rejected
}

type Bounds = { readonly tooOldEnd: number; readonly expiredEnd: number; readonly tooNewStart: number }

/** Undefined if it says more than we know to read, or names what does not lie within the batch. */
function boundsIn(info: JsonObject, count: number): Bounds | undefined {
  const { tooOldLogEventEndIndex, expiredLogEventEndIndex, tooNewLogEventStartIndex, ...more } = info
  const indexes = [tooOldLogEventEndIndex ?? 0, expiredLogEventEndIndex ?? 0, tooNewLogEventStartIndex ?? count]
  const isWithin = (index: unknown) => Number.isInteger(index) && Number(index) >= 0 && Number(index) <= count
  if (!indexes.every(isWithin) || Object.values(more).some((value) => value !== null)) return undefined
  const [tooOldEnd = 0, expiredEnd = 0, tooNewStart = count] = indexes.map(Number)
  return { tooOldEnd, expiredEnd, tooNewStart }
}

function reasonOf(index: number, { tooOldEnd, expiredEnd, tooNewStart }: Bounds): string | undefined {
  if (index < tooOldEnd) return "too old (over 14 days or the log group's retention)"
  if (index < expiredEnd) return "expired (over the log group's retention)"
  return index >= tooNewStart ? 'too new (more than 2 hours ahead)' : undefined
}
