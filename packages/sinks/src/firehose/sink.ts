import assert from 'node:assert/strict'
import { DescribeDeliveryStreamCommand, type FirehoseClient } from '@aws-sdk/client-firehose'
import type { DestinationVersion } from '@roomlog/domain'
import { jsonOf } from '../answer.ts'
import { ask } from '../ask.ts'
import { failureOf, metricOf, nameOf, type Subject, writeOutcomeOf } from '../failure.ts'
import type { CheckOutcome, Failure, Sink, SinkOptions, SinkRecords, WriteOutcome } from '../port.ts'
import { singleAttempt } from '../single-attempt.ts'
import { limitsFor, packsOf, rejectedIn } from './packs.ts'
import { createPutRecordBatch } from './put-record-batch.ts'

export type FirehoseSinkOptions = {
  /** Created with `maxAttempts: 1`. */
  readonly client: FirehoseClient
  readonly destination: DestinationVersion
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
export function createFirehoseSink({ client, destination, packBytes = 0 }: FirehoseSinkOptions): Sink {
  assert.equal(destination.kind, 'firehose')
  const checkAttempts = singleAttempt(client)
  const { target, region } = destination
  const putRecordBatch = createPutRecordBatch(client, target)
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
    const packs = packsOf(records, packBytes)
    const sent = await putRecordBatch(records, packs, signal)
    if (!sent.ok) return writeOutcomeOf(sent.verdict, subject)
    const rejected = rejectedIn(packs, sent.value)
    const [first] = rejected
    if (first === undefined) return { status: 'delivered' }
    const failure = refusal(first.reason, subject)
    return rejected.length === records.length ? { status: 'retry', failure } : { status: 'partial', rejected, failure }
  }

  async function check({ signal }: SinkOptions = {}): Promise<CheckOutcome> {
    const command = new DescribeDeliveryStreamCommand({ DeliveryStreamName: target, Limit: 1 })
    const sent = await ask(command, (options) => client.send(command, options), { prove: jsonOf, signal })
    if (!sent.ok) {
      const call = 'DescribeDeliveryStream'
      return {
        status: 'failed',
        failure: failureOf(sent.verdict, { ...subject, call, permissions: `firehose:${call}` }),
      }
    }
    const stream = sent.value.output.DeliveryStreamDescription
    if (stream?.DeliveryStreamStatus !== 'ACTIVE') return notActive(subject, stream?.DeliveryStreamStatus)
    const { DeliveryStreamType: source = 'DirectPut' } = stream
    return source === 'DirectPut' ? { status: 'ok' } : notDirectPut(subject, source)
  }

  return { kind: 'firehose', limits: limitsFor(packBytes), write, check }
}

/** Single records are refused for now only: the stream has no room, or failed inside. */
function refusal(name: string, subject: Subject): Failure {
  const failure = name === 'ServiceUnavailableException' ? 'throttled' : 'transient'
  return failureOf({ class: failure, action: 'retry', taken: 'no', name, status: 200, detail: undefined }, subject)
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
