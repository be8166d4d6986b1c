import { FilterLogEventsCommand, type FilterLogEventsCommandInput } from '@aws-sdk/client-cloudwatch-logs'
import type { MessageId, RoomId } from '@roomlog/domain'
import { logStreamName, RECORD_VERSION } from '@roomlog/domain'
import { attempt, sendOptions } from '../attempt.ts'
import { metricOf, nameOf, type ReadFailure, readOutcomeOf } from '../failure.ts'
import type { RecallOutcome, SinkRecord } from '../port.ts'
import { FILTER_PAGES_MAX, FILTER_STREAMS_MAX } from './limits.ts'
import { createStream, type LogGroup, logGroupSubject } from './log-group.ts'
import { messageOf } from './message.ts'

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
  records: readonly SinkRecord[],
  signal: AbortSignal | undefined,
): Promise<RecallOutcome> {
  const rooms = [...new Set(records.map(({ roomId }) => roomId))]
  const streams = rooms.length <= FILTER_STREAMS_MAX ? { logStreamNames: rooms.map(logStreamName) } : WHOLE_PREFIX
  const asked: Asked = {
    idOf: new Map(records.map((record) => [messageOf(record), record.id])),
    ...timeRangeOf(records),
  }
  const recalled = await filter(group, asked, streams, signal)
  if (recalled !== 'missing') return recalled
  const prepared = await prepareStreams(group, rooms.slice(0, FILTER_STREAMS_MAX), signal)
  if (prepared.status !== 'created') return prepared
  const again = await filter(group, asked, streams, signal)
  return again === 'missing' ? MISSING_STILL : again
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
  readonly startTime: number
  readonly endTime: number
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
  { client, destination, readTurn }: LogReader,
  { idOf, startTime, endTime }: Asked,
  streams: Pick<FilterLogEventsCommandInput, 'logStreamNames' | 'logStreamNamePrefix'>,
  signal: AbortSignal | undefined,
): Promise<RecallOutcome | 'missing'> {
  const found = new Set<MessageId>()
  const range = { logGroupName: destination.target, ...streams, startTime, endTime }
  let nextToken: string | undefined
  for (let page = 0; page < FILTER_PAGES_MAX; page += 1) {
    const command = new FilterLogEventsCommand({ ...range, nextToken })
    await readTurn?.(signal)
    const sent = await attempt(() => client.send(command, sendOptions(signal)), signal)
    if (!sent.ok) {
      if (sent.verdict.class === 'missing') return 'missing'
      return readOutcomeOf(sent.verdict, logGroupSubject(destination, 'FilterLogEvents'))
    }
    for (const { message } of sent.value.events ?? []) {
      const id = message === undefined ? undefined : idOf.get(message)
      if (id !== undefined) found.add(id)
    }
    nextToken = sent.value.nextToken
    if (nextToken === undefined || found.size === idOf.size) return { status: 'recalled', found }
  }
  return tooManyPages(nameOf({ kind: 'cloudWatchLogs', target: destination.target }))
}

/** A millisecond wider than said to be needed: whether the end is inclusive differs between the reading calls. */
function timeRangeOf(records: readonly SinkRecord[]): { startTime: number; endTime: number } {
  let startTime = Number.MAX_SAFE_INTEGER
  let endTime = 0
  for (const { timeMs } of records) {
    startTime = Math.min(startTime, timeMs)
    endTime = Math.max(endTime, timeMs)
  }
  return { startTime, endTime: endTime + 1 }
}

function tooManyPages(target: string): RecallOutcome {
  const message = `FilterLogEvents on ${target} has more than ${FILTER_PAGES_MAX} pages for one reading back.`
  return {
    status: 'retry',
    failure: { class: 'transient', name: 'TooManyPages', message, metric: metricOf('transient') },
  }
}
