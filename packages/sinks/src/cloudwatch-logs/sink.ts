import assert from 'node:assert/strict'
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import type { DestinationVersion, RoomId } from '@roomlog/domain'
import { logStreamName } from '@roomlog/domain'
import { metricOf, writeOutcomeOf } from '../failure.ts'
import type { CheckOutcome, Sink, SinkOptions, SinkRecords, WriteOutcome } from '../port.ts'
import { singleAttempt } from '../single-attempt.ts'
import { CLOUDWATCH_LOGS_LIMITS } from './limits.ts'
import { createStream, findLogGroup, logGroupSubject } from './log-group.ts'
import { createPutLogEvents } from './put-log-events.ts'
import { checkReading, recallEvents } from './recall.ts'
import { shareRecalls } from './shared-recall.ts'

export type CloudWatchLogsSinkOptions = {
  /** Created with `maxAttempts: 1`. */
  readonly client: CloudWatchLogsClient
  readonly destination: DestinationVersion
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
export function createCloudWatchLogsSink({ client, destination, readTurn }: CloudWatchLogsSinkOptions): Sink {
  assert.equal(destination.kind, 'cloudWatchLogs')
  const checkAttempts = singleAttempt(client)
  const putLogEvents = createPutLogEvents(client)
  const group = { client, destination }
  const reader = { ...group, readTurn, prepared: new Set<RoomId>() }
  const subject = logGroupSubject(destination, 'PutLogEvents')

  async function write(records: SinkRecords, { signal }: SinkOptions = {}): Promise<WriteOutcome> {
    const first = records.at(0)
    assert(first !== undefined, 'a write has at least one record')
    assert.equal(first.roomId, records.at(-1)?.roomId, 'a log stream holds records of one room')
    await checkAttempts()
    const names = { logGroupName: destination.target, logStreamName: logStreamName(first.roomId) }
    const sent = await putLogEvents(names, records, signal)
    if (sent.ok) {
      return sent.value.length === 0 ? { status: 'delivered' } : { status: 'partial', rejected: sent.value }
    }
    const { verdict } = sent
    if (verdict.name === 'ResourceNotFoundException') return prepareStream(first.roomId, signal)
    // By name: a 412 of something in between says nothing about the events.
    if (verdict.name === 'DataAlreadyAcceptedException') return { status: 'delivered' }
    return writeOutcomeOf(verdict, subject)
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
    limits: CLOUDWATCH_LOGS_LIMITS,
    write,
    recall: shareRecalls((records, { signal } = {}) => recallEvents(reader, records, signal)),
    check,
  }
}

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
