import assert from 'node:assert/strict'
import { type CloudWatchLogsClient, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import type { DestinationVersion, RoomId } from '@roomlog/domain'
import { logStreamName } from '@roomlog/domain'
import type { HttpHandlerOptions } from '@smithy/types'
import { attempt } from '../attempt.ts'
import { metricOf, writeOutcomeOf } from '../failure.ts'
import type { CheckOutcome, Sink, SinkOptions, SinkRecords, WriteOutcome } from '../port.ts'
import { createScratch, type Scratch } from '../scratch.ts'
import { createShortcut } from '../shortcut.ts'
import { singleAttempt } from '../single-attempt.ts'
import { eventsBody } from './events-body.ts'
import { CLOUDWATCH_LOGS_LIMITS } from './limits.ts'
import { createStream, findLogGroup, logGroupOf, logGroupSubject } from './log-group.ts'
import { checkReading, recallEvents } from './recall.ts'
import { rejectedEvents } from './rejected.ts'
import { shareRecalls } from './shared-recall.ts'

export type CloudWatchLogsSinkOptions = {
  /** Created with `maxAttempts: 1`. */
  readonly client: CloudWatchLogsClient
  readonly destination: DestinationVersion
  /** Memory of request bodies; may be shared by sinks. @default its own */
  readonly scratch?: Scratch | undefined
  /** Awaited before each FilterLogEvents: an account may send about 5 a second. @default none */
  readonly readTurn?: ((signal?: AbortSignal) => Promise<void>) | undefined
}

/**
 * A sink that writes each record as one event of its room's log stream. A call is not repeatable: whatever came out
 * `unknown` is to be recalled before it is written again.
 *
 * @example
 * const sink = createCloudWatchLogsSink({ client: new CloudWatchLogsClient({ maxAttempts: 1 }), destination })
 * const outcome = await sink.write(records, { signal: AbortSignal.timeout(10_000) })
 */
export function createCloudWatchLogsSink({
  client,
  destination,
  scratch = createScratch(),
  readTurn,
}: CloudWatchLogsSinkOptions): Sink {
  assert.equal(destination.kind, 'cloudWatchLogs')
  const checkAttempts = singleAttempt(client)
  const shortcut = createShortcut(client, { whole: isAllTaken })
  const group = logGroupOf(client, destination)
  const reader = { ...group, readTurn, prepared: new Set<RoomId>() }
  const subject = logGroupSubject(destination, 'PutLogEvents')

  async function write(records: SinkRecords, { signal }: SinkOptions = {}): Promise<WriteOutcome> {
    const first = records.at(0)
    assert(first !== undefined, 'a write has at least one record')
    assert.equal(first.roomId, records.at(-1)?.roomId, 'a log stream holds records of one room')
    await checkAttempts()
    const names = { logGroupName: destination.target, logStreamName: logStreamName(first.roomId) }
    const body = eventsBody(names, records, scratch.take)
    const command = new PutLogEventsCommand({ ...names, logEvents: [] })
    const viaSdk = (options?: HttpHandlerOptions) => client.send(command, options)
    const sent = await attempt(() => shortcut({ input: command.input, body, viaSdk, signal }), signal)
    // Who finds the stream missing has read the body, which names it; after any other failure it may still be on its way out.
    if (sent.ok || sent.verdict.name === 'ResourceNotFoundException') scratch.give(body)
    if (sent.ok) {
      if (sent.value === 'plain') return { status: 'delivered' }
      const rejected = rejectedEvents(sent.value.rejectedLogEventsInfo, records.length)
      return rejected.length === 0 ? { status: 'delivered' } : { status: 'partial', rejected }
    }
    const { verdict } = sent
    if (verdict.name === 'ResourceNotFoundException') return prepareStream(first.roomId, signal)
    return verdict.action === 'exists' ? { status: 'delivered' } : writeOutcomeOf(verdict, subject)
  }

  /** The group or the stream was missing; creating the stream tells which. */
  async function prepareStream(roomId: RoomId, signal: AbortSignal | undefined): Promise<WriteOutcome> {
    const stream = await createStream(group, roomId, signal)
    if (stream.status === 'refused') return { ...stream, scope: 'destination' }
    return stream.status === 'retry' ? stream : STREAM_CREATED
  }

  async function check({ signal }: SinkOptions = {}): Promise<CheckOutcome> {
    const found = await findLogGroup(group, signal)
    return found.status === 'found' ? checkReading(reader, signal) : { status: 'failed', failure: found.failure }
  }

  return {
    kind: 'cloudWatchLogs',
    batchOf: 'room',
    limits: CLOUDWATCH_LOGS_LIMITS,
    write,
    recall: shareRecalls((records, { signal } = {}) => recallEvents(reader, records, signal)),
    check,
  }
}

/** Also of an answer that is cut off, which is for the SDK to find out. */
function isAllTaken(answer: Buffer): boolean {
  return !answer.includes('rejected') && answer.at(-1) === CLOSING_BRACE
}
const CLOSING_BRACE = 0x7d

const STREAM_CREATED: WriteOutcome = {
  status: 'retry',
  retryAfterMs: 0,
  failure: {
    class: 'transient',
    name: 'LogStreamCreated',
    message: 'The log stream was missing and has been created.',
    metric: metricOf('transient'),
  },
}
