import { type FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose'
import { getEndpointFromInstructions } from '@smithy/core/endpoints'
import { type Answer, isJsonObject, jsonOf, UnprovenAnswer } from '../answer.ts'
import type { Attempt } from '../attempt.ts'
import type { Rejected, SinkRecords } from '../port.ts'
import { createSend } from '../send.ts'
import { jsonWords } from '../service-error.ts'
import type { Packs } from './packs.ts'

export type PutRecordBatch = (
  records: SinkRecords,
  packs: Packs,
  signal: AbortSignal | undefined,
) => Promise<Attempt<readonly Rejected[]>>

/** Puts packs of records: the request, which packs the answer says were not taken, and what an error means. */
export function createPutRecordBatch(client: FirehoseClient, streamName: string): PutRecordBatch {
  const send = createSend(client, {
    service: 'firehose',
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Firehose_20150804.PutRecordBatch' },
    endpoint: () => getEndpointFromInstructions({}, PutRecordBatchCommand, client.config),
    wordsOf: jsonWords,
  })
  return (records, packs, signal) => {
    const body = batchBody(streamName, records, packs)
    return send({ body, prove: (answer) => rejectedRecords(answer, packs.length), signal })
  }
}

const BETWEEN = '"},{"Data":"'
/** The part of `BETWEEN` that ends the record before, which the first record of a body does not have. */
const ENDING_CHARS = 3
const END = '"}]}'

/** The body of a call: the data of one record is a pack, each of its lines with its `\n`. */
export function batchBody(streamName: string, records: SinkRecords, packs: Packs): Buffer {
  const start = JSON.stringify({ DeliveryStreamName: streamName, Records: [] }).slice(0, -2)
  const data = packs.map((to, n) => dataOf(records, packs[n - 1] ?? 0, to).toString('base64'))
  const dataBytes = data.reduce((sum, { length }) => sum + BETWEEN.length + length, 0)
  // Written piece by piece: one long string, made into bytes at its end, costs twice as much.
  const body = Buffer.allocUnsafeSlow(Buffer.byteLength(start) + dataBytes + END.length)
  let end = body.write(start)
  for (const [n, one] of data.entries()) {
    end += body.write(n === 0 ? BETWEEN.slice(ENDING_CHARS) : BETWEEN, end, 'latin1')
    end += body.write(one, end, 'latin1')
  }
  end += body.write(END, end, 'latin1')
  return body.subarray(0, end)
}

/** The lines of a pack. Where they lie behind one another, as those of a batch do, they are not copied. */
function dataOf(records: SinkRecords, from: number, to: number): Buffer {
  const parts: Buffer[] = []
  let source: Buffer | undefined
  let start = 0
  let end = 0
  for (let n = from; n < to; n++) {
    const record = records.at(n)
    if (record === undefined) throw new Error(`record ${n} of ${records.length} is missing`)
    if (record.source !== source || record.start !== end) {
      if (source) parts.push(source.subarray(start, end))
      source = record.source
      start = record.start
    }
    end = record.start + record.byteLength
  }
  if (source) parts.push(source.subarray(start, end))
  const [only] = parts
  return only !== undefined && parts.length === 1 ? only : Buffer.concat(parts)
}

/**
 * The records that a successful PutRecordBatch did not take, by index: the answers stand in the order of the request. One
 * for each is the proof that the service saw them.
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
 */
export function rejectedRecords(answer: Answer, count: number): readonly Rejected[] {
  const unproven = (reason: string) => new UnprovenAnswer(answer.status, reason)
  const { FailedPutCount: failed, RequestResponses: entries } = jsonOf(answer)
  if (!Array.isArray(entries) || entries.length !== count) {
    throw unproven(`it does not have one entry for each of ${count} records`)
  }
  const rejected: Rejected[] = []
  for (let index = 0; index < count; index += 1) {
    const entry: unknown = entries[index]
    const { ErrorCode: reason, RecordId: id } = isJsonObject(entry) ? entry : {}
    if (typeof reason === 'string') rejected.push({ index, reason, retryable: true })
    else if (typeof id !== 'string' || id === '')
      throw unproven('an entry says neither what was taken nor what was not')
  }
  if (rejected.length !== failed) throw unproven('its count of failures is not that of its entries')
  return rejected
}
