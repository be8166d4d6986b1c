import { FilterLogEventsCommand, type FilterLogEventsCommandInput } from '@aws-sdk/client-cloudwatch-logs'
import type { MessageId, RoomId } from '@roomlog/domain'
import { logStreamName, RECORD_VERSION } from '@roomlog/domain'
import { type Answer, isJsonObject, UnprovenAnswer } from '../answer.ts'
import { ask } from '../ask.ts'
import { metricOf, nameOf, type ReadFailure, readOutcomeOf } from '../failure.ts'
import { messageOf } from '../line.ts'
import type { CheckOutcome, RecallOutcome, SinkRecords } from '../port.ts'
import {
  FILTER_ANSWER_BYTES_MAX,
  FILTER_PAGES_MAX,
  FILTER_STREAMS_MAX,
  PAGE_BYTES_MAX,
  PAGE_EVENTS_MAX,
} from './limits.ts'
import {
  createStream,
  findLogGroup,
  type LogGroup,
  logGroupSubject,
  missingGroup,
  proveLogsAnswer,
} from './log-group.ts'

/** Before every room's id in the name of its stream. */
const STREAM_PREFIX = `aws/IVSChatLogs/${RECORD_VERSION}/room_`

export type LogReader = LogGroup & {
  /** Rooms whose streams were seen to be there; a preparation that is throttled goes on where it stopped. */
  readonly prepared: Set<RoomId>
  /** Awaited before each page, to keep to the account's rate of reads. */
  readonly readTurn?: ((signal?: AbortSignal) => Promise<void>) | undefined
}

/** Which of the records the log group holds, found by their whole messages. */
export async function recallEvents(
  group: LogReader,
  records: SinkRecords,
  signal: AbortSignal | undefined,
): Promise<RecallOutcome> {
  const rooms = [...new Set(Array.from(records, ({ roomId }) => roomId))]
  const pagesMax = pagesByName(rooms.length, records)
  const asked: Asked = {
    idOf: new Map(Array.from(records, (record) => [messageOf(record), record.id])),
    found: new Set(),
    ...timeRangeOf(records),
  }
  if (rooms.length > FILTER_STREAMS_MAX) {
    // Where these rooms are most of what the group has in that time, all of it takes fewer pages than room by room.
    const whole = await filter(group, asked, { streams: WHOLE_PREFIX, pagesMax }, signal)
    if (whole !== 'missing' && whole !== 'too many pages') return whole
  }
  for (let at = 0; at < rooms.length; at += FILTER_STREAMS_MAX) {
    const named = await recallRooms(group, asked, rooms.slice(at, at + FILTER_STREAMS_MAX), signal)
    if (named.status !== 'recalled') return named
  }
  return { status: 'recalled', found: asked.found }
}

/** Proves that the group can be read back as a recall reads it. Of the time it asks for, nothing can be there. */
export async function checkReading(group: LogReader, signal: AbortSignal | undefined): Promise<CheckOutcome> {
  const nothing: Asked = { idOf: new Map(), found: new Set(), startTime: 0, endTime: 1 }
  const read = await filter(group, nothing, { streams: WHOLE_PREFIX, pagesMax: 1 }, signal)
  if (read === 'missing') return { status: 'failed', failure: missingGroup(group.destination, 'FilterLogEvents') }
  if (read === 'too many pages' || read.status === 'recalled') return { status: 'ok' }
  return { status: 'failed', failure: read.failure }
}

/** At most, if these rooms have nothing else in that time: each call's last page is not full. */
function pagesByName(rooms: number, records: SinkRecords): number {
  let bytes = 0
  for (const { byteLength } of records) bytes += byteLength
  const full = Math.max(bytes / PAGE_BYTES_MAX, records.length / PAGE_EVENTS_MAX)
  return Math.ceil(rooms / FILTER_STREAMS_MAX) + Math.floor(full)
}

async function recallRooms(
  group: LogReader,
  asked: Asked,
  rooms: readonly RoomId[],
  signal: AbortSignal | undefined,
): Promise<RecallOutcome> {
  const reading: Reading = { streams: { logStreamNames: rooms.map(logStreamName) }, pagesMax: FILTER_PAGES_MAX }
  let recalled = await filter(group, asked, reading, signal)
  if (recalled === 'missing') {
    const prepared = await prepareStreams(group, rooms, signal)
    if (prepared.status !== 'created') return prepared
    recalled = await filter(group, asked, reading, signal)
    if (recalled === 'missing') return MISSING_STILL
  }
  return recalled === 'too many pages' ? tooManyPages(group) : recalled
}

/**
 * The group or one of the streams is missing; creating them tells which. With all of them there the rooms can be named:
 * without their names, a group with a backlog is a reading of many pages, and takes longer than its writer may live.
 */
async function prepareStreams(
  group: LogReader,
  rooms: readonly RoomId[],
  signal: AbortSignal | undefined,
): Promise<{ readonly status: 'created' } | ReadFailure> {
  // One at a time: an account may create about 50 a second.
  for (const roomId of rooms) {
    if (group.prepared.has(roomId)) continue
    const stream = await createStream(group, roomId, signal)
    if (stream.status !== 'created') return stream
    group.prepared.add(roomId)
  }
  for (const roomId of rooms) group.prepared.delete(roomId)
  return { status: 'created' }
}

/** All that is needed of the records: a caller that gives up may let go of their memory meanwhile. */
type Asked = {
  /** By message. */
  readonly idOf: ReadonlyMap<string, MessageId>
  /** Grows with each page. */
  readonly found: Set<MessageId>
  readonly startTime: number
  readonly endTime: number
}

type Reading = {
  readonly streams: Pick<FilterLogEventsCommandInput, 'logStreamNames' | 'logStreamNamePrefix'>
  readonly pagesMax: number
}

const WHOLE_PREFIX = { logStreamNamePrefix: STREAM_PREFIX }

/** Streams were created, and reads do not see it yet. */
const MISSING_STILL: RecallOutcome = {
  status: 'retry',
  failure: {
    class: 'transient',
    name: 'LogStreamMissing',
    message: 'A log stream was created and cannot be read yet.',
    metric: metricOf('transient'),
  },
}

async function filter(
  group: LogReader,
  { idOf, found, startTime, endTime }: Asked,
  { streams, pagesMax }: Reading,
  signal: AbortSignal | undefined,
): Promise<RecallOutcome | 'missing' | 'too many pages'> {
  const { client, destination, readTurn } = group
  const range = { logGroupName: destination.target, ...streams, startTime, endTime }
  let nextToken: string | undefined
  for (let page = 0; page < pagesMax; page += 1) {
    const command = new FilterLogEventsCommand({ ...range, nextToken })
    await readTurn?.(signal)
    const belief = { prove: pageOf, bytesMax: FILTER_ANSWER_BYTES_MAX, signal }
    const sent = await ask(command, (options) => client.send(command, options), belief)
    if (!sent.ok) {
      if (sent.verdict.class === 'missing') return 'missing'
      return whyUnread(group, readOutcomeOf(sent.verdict, logGroupSubject(destination, 'FilterLogEvents')), signal)
    }
    const { messages, nextToken: next } = sent.value.proven
    for (const message of messages) {
      const id = idOf.get(message)
      if (id !== undefined) found.add(id)
    }
    nextToken = next
    if (nextToken === undefined || found.size === idOf.size) return { status: 'recalled', found }
  }
  return 'too many pages'
}

type Page = { readonly messages: readonly string[]; readonly nextToken: string | undefined }

/** That the log has nothing is believed only of a page that lists its events, none of them. */
function pageOf(answer: Answer): Page {
  const { events, nextToken = null } = proveLogsAnswer(answer)
  if (!Array.isArray(events)) throw new UnprovenAnswer(answer.status, 'it has no list of events')
  if (nextToken !== null && typeof nextToken !== 'string')
    throw new UnprovenAnswer(answer.status, 'its token is no text')
  const messages = events.map((event) => {
    const message = isJsonObject(event) ? event.message : undefined
    if (typeof message !== 'string') throw new UnprovenAnswer(answer.status, 'one of its events has no message')
    return message
  })
  return { messages, nextToken: nextToken ?? undefined }
}

/** A group that was deleted and made anew may be of another class, and CloudWatch Logs has no name for that refusal alone. */
async function whyUnread(
  group: LogReader,
  failure: ReadFailure,
  signal: AbortSignal | undefined,
): Promise<ReadFailure> {
  if (failure.status !== 'refused' || failure.failure.class !== 'invalid') return failure
  const found = await findLogGroup(group, signal)
  return found.status === 'unusable' ? { status: 'refused', failure: found.failure } : failure
}

/** A millisecond wider than said to be needed: whether the end is inclusive differs between the reading calls. */
function timeRangeOf(records: SinkRecords): { startTime: number; endTime: number } {
  let startTime = Number.MAX_SAFE_INTEGER
  let endTime = 0
  for (const { timeMs } of records) {
    startTime = Math.min(startTime, timeMs)
    endTime = Math.max(endTime, timeMs)
  }
  return { startTime, endTime: endTime + 1 }
}

function tooManyPages({ destination }: LogReader): RecallOutcome {
  const target = nameOf({ kind: 'cloudWatchLogs', target: destination.target })
  const message = `FilterLogEvents on ${target} has more than ${FILTER_PAGES_MAX} pages for one reading back.`
  return {
    status: 'retry',
    failure: { class: 'transient', name: 'TooManyPages', message, metric: metricOf('transient') },
  }
}
