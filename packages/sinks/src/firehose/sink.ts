import assert from 'node:assert/strict'
import { DescribeDeliveryStreamCommand, type FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose'
import type { DestinationVersion } from '@roomlog/domain'
import type { HttpHandlerOptions } from '@smithy/types'
import { attempt, sendOptions } from '../attempt.ts'
import { failureOf, metricOf, nameOf, type Subject, writeOutcomeOf } from '../failure.ts'
import type { CheckOutcome, Failure, Sink, SinkOptions, SinkRecords, WriteOutcome } from '../port.ts'
import { createScratch, type Scratch } from '../scratch.ts'
import { createShortcut } from '../shortcut.ts'
import { singleAttempt } from '../single-attempt.ts'
import { batchBody } from './batch-body.ts'
import { limitsFor, packsOf, rejectedIn } from './packs.ts'
import { rejectedRecords } from './rejected.ts'

export type FirehoseSinkOptions = {
  /** Created with `maxAttempts: 1`. */
  readonly client: FirehoseClient
  readonly destination: DestinationVersion
  /** Memory of request bodies; may be shared by sinks. @default its own */
  readonly scratch?: Scratch | undefined
  /**
   * Puts records together into Firehose records of at most so many bytes, since Firehose bills each of its records rounded up to
   * 5 KB; a pack is refused and repeated as a whole. @default 0, each record on its own
   */
  readonly packBytes?: number | undefined
}

/**
 * A sink that writes each record, or pack of records, as one record of a delivery stream. Firehose cannot be read back: whatever came out
 * `unknown` can only be written again.
 *
 * @example
 * const sink = createFirehoseSink({ client: new FirehoseClient({ maxAttempts: 1 }), destination })
 * const outcome = await sink.write(records, { signal: AbortSignal.timeout(10_000) })
 */
export function createFirehoseSink({
  client,
  destination,
  scratch = createScratch(),
  packBytes = 0,
}: FirehoseSinkOptions): Sink {
  assert.equal(destination.kind, 'firehose')
  const checkAttempts = singleAttempt(client)
  const shortcut = createShortcut(client, { start: isAllTaken, whole: isAllTaken })
  const { target, region } = destination
  const subject: Subject = {
    kind: 'firehose',
    target,
    region,
    call: 'PutRecordBatch',
    permissions: 'firehose:PutRecordBatch',
  }

  async function write(records: SinkRecords, { signal }: SinkOptions = {}): Promise<WriteOutcome> {
    assert(records.length > 0, 'a write has at least one record')
    await checkAttempts()
    const name = { DeliveryStreamName: target }
    const packs = packsOf(records, packBytes)
    const body = batchBody(name, records, packs, scratch.take)
    const command = new PutRecordBatchCommand({ ...name, Records: [] })
    const viaSdk = (options?: HttpHandlerOptions) => client.send(command, options)
    const sent = await attempt(() => shortcut({ input: command.input, body, viaSdk, signal }), signal)
    if (!sent.ok) return writeOutcomeOf(sent.verdict, subject)
    // Only now: a call that failed may still be on its way out.
    scratch.give(body)
    if (sent.value === 'plain') return { status: 'delivered' }
    const refused = rejectedRecords(sent.value, packs.length)
    if (refused === undefined) return { status: 'unknown', failure: unreadable(subject) }
    const rejected = rejectedIn(packs, refused)
    const [first] = rejected
    if (first === undefined) return { status: 'delivered' }
    const failure = refusal(first.reason, subject)
    return rejected.length === records.length ? { status: 'retry', failure } : { status: 'partial', rejected, failure }
  }

  async function check({ signal }: SinkOptions = {}): Promise<CheckOutcome> {
    const command = new DescribeDeliveryStreamCommand({ DeliveryStreamName: target, Limit: 1 })
    const sent = await attempt(() => client.send(command, sendOptions(signal)), signal)
    if (!sent.ok) {
      const call = 'DescribeDeliveryStream'
      return {
        status: 'failed',
        failure: failureOf(sent.verdict, { ...subject, call, permissions: `firehose:${call}` }),
      }
    }
    const stream = sent.value.DeliveryStreamDescription
    if (stream?.DeliveryStreamStatus !== 'ACTIVE') return notActive(subject, stream?.DeliveryStreamStatus)
    const { DeliveryStreamType: source = 'DirectPut' } = stream
    return source === 'DirectPut' ? { status: 'ok' } : notDirectPut(subject, source)
  }

  return { kind: 'firehose', batchOf: 'any', limits: limitsFor(packBytes), write, check }
}

const ALL_TAKEN = /"FailedPutCount"\s*:\s*0\s*[,}]/
/** It stands before what is said of each record, which is long. */
const COUNT_BYTES_MAX = 1024

function isAllTaken(answer: Buffer): boolean {
  return ALL_TAKEN.test(answer.toString('latin1', 0, COUNT_BYTES_MAX))
}

/** Single records are refused for now only: the stream has no room, or failed inside. */
function refusal(name: string, subject: Subject): Failure {
  const failure = name === 'ServiceUnavailableException' ? 'throttled' : 'transient'
  return failureOf({ class: failure, action: 'retry', taken: 'no', name, status: 200, detail: undefined }, subject)
}

function unreadable(subject: Subject) {
  const message = `${subject.call} to ${nameOf(subject)} got an answer that does not say which records were taken.`
  return { class: 'transient', name: 'UnreadableAnswer', message, metric: metricOf('transient') } as const
}

function notActive(subject: Subject, state: string | undefined): CheckOutcome {
  const isComing = state === 'CREATING'
  const failure = isComing ? 'transient' : 'missing'
  const advice = isComing ? 'Wait until it is ACTIVE.' : 'Create it anew.'
  const message = `${nameOf(subject)} is ${state ?? 'in no known state'}, not ACTIVE. ${advice}`
  return { status: 'failed', failure: { class: failure, name: 'NotActive', message, metric: metricOf(failure) } }
}

function notDirectPut(subject: Subject, source: string): CheckOutcome {
  const message = `${nameOf(subject)} is of type ${source} and takes no direct puts. Use a stream of type DirectPut.`
  return { status: 'failed', failure: { class: 'invalid', name: 'NotDirectPut', message, metric: metricOf('invalid') } }
}
