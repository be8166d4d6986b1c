import { z } from 'zod'
import type { Bending } from '../call.ts'
import { isObject, parseInput } from '../json-input.ts'
import { firehoseError } from './error.ts'
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX, LIST_DEFAULT, LIST_MAX, RECORD_BYTES_MAX } from './limits.ts'
import { DeliveryStreamName, describeStream, Tags } from './stream-config.ts'
import type { Streams } from './streams.ts'

export type Firehose = {
  readonly streams: Streams
  readonly randomUUID: () => string
  readonly arnPrefix: string
}

export const FIREHOSE_TARGET = 'Firehose_20150804'

/** The stream that a request is about. */
export function firehoseTarget(input: unknown): string {
  return isObject(input) && typeof input.DeliveryStreamName === 'string' ? input.DeliveryStreamName : ''
}

/** Runs one operation of Data Firehose; `undefined` when the stand-in does not have it. */
export async function runFirehose(
  firehose: Firehose,
  operation: string,
  input: unknown,
  bending: Bending,
): Promise<unknown> {
  const { streams } = firehose
  const arnOf = (name: string) => `${firehose.arnPrefix}deliverystream/${name}`
  switch (operation) {
    case 'PutRecordBatch':
      return putRecordBatch(firehose, input, bending)
    case 'PutRecord':
      return putRecord(firehose, input)
    case 'CreateDeliveryStream':
      return { DeliveryStreamARN: arnOf((await streams.create(input)).name) }
    case 'DescribeDeliveryStream': {
      const { config } = streams.get(parse(OfStream, input).DeliveryStreamName)
      return { DeliveryStreamDescription: describeStream(config, arnOf(config.name)) }
    }
    case 'ListDeliveryStreams': {
      const { Limit, ExclusiveStartDeliveryStreamName: after } = parse(ListInput, input)
      const names = streams.names().filter((name) => after === undefined || name > after)
      return { DeliveryStreamNames: names.slice(0, Limit), HasMoreDeliveryStreams: names.length > Limit }
    }
    case 'DeleteDeliveryStream':
      await streams.remove(parse(OfStream, input).DeliveryStreamName)
      return {}
    case 'TagDeliveryStream': {
      const { DeliveryStreamName: name, Tags: tags } = parse(TagInput, input)
      await streams.tag(name, Object.fromEntries(tags.map((tag) => [tag.Key, tag.Value ?? ''])))
      return {}
    }
    case 'ListTagsForDeliveryStream': {
      const { tags } = streams.get(parse(OfStream, input).DeliveryStreamName).config
      return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })), HasMoreTags: false }
    }
    default:
      return undefined
  }
}

async function putRecord(firehose: Firehose, input: unknown) {
  const stream = directStream(firehose, input)
  const record = dataOf(isObject(input) ? input.Record : undefined, 'record')
  await stream.accept([record.base64], record.bytes)
  return { RecordId: firehose.randomUUID(), Encrypted: false }
}

async function putRecordBatch(firehose: Firehose, input: unknown, bending: Bending) {
  const stream = directStream(firehose, input)
  const records = isObject(input) ? input.Records : undefined
  if (!Array.isArray(records) || records.length < 1 || records.length > BATCH_RECORDS_MAX) {
    throw invalid(`Value at 'records' failed to satisfy constraint: Member must have length 1 to ${BATCH_RECORDS_MAX}`)
  }
  const data = records.map((record: unknown, index) => dataOf(record, `records.${index + 1}.member`))
  const sum = (list: readonly { bytes: number }[]) => list.reduce((total, one) => total + one.bytes, 0)
  if (sum(data) > BATCH_BYTES_MAX) {
    throw firehoseError('InvalidArgumentException', 'Records size exceeds 4 MB limit')
  }
  const fails = bending.fails ?? (() => false)
  const accepted = data.filter((_, index) => !fails(index))
  if (accepted.length > 0) {
    await stream.accept(
      accepted.map((record) => record.base64),
      sum(accepted),
    )
  }
  return {
    FailedPutCount: data.length - accepted.length,
    Encrypted: false,
    RequestResponses: data.map((_, index) =>
      fails(index)
        ? { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' }
        : { RecordId: firehose.randomUUID() },
    ),
  }
}

function directStream({ streams }: Firehose, input: unknown) {
  const stream = streams.get(parse(OfStream, input).DeliveryStreamName)
  if (stream.config.type === 'DirectPut') return stream
  throw firehoseError(
    'InvalidSourceException',
    `This operation is not supported on ${stream.config.type} delivery streams.`,
  )
}

function dataOf(record: unknown, path: string): { base64: string; bytes: number } {
  const base64 = isObject(record) ? record.Data : undefined
  if (typeof base64 !== 'string')
    throw invalid(`Value null at '${path}.data' failed to satisfy constraint: Member must not be null`)
  const bytes = Buffer.byteLength(base64, 'base64')
  if (bytes > RECORD_BYTES_MAX) {
    throw invalid(
      `Value at '${path}.data' failed to satisfy constraint: Member must have length less than or equal to ${RECORD_BYTES_MAX}`,
    )
  }
  return { base64, bytes }
}

const OfStream = z.object({ DeliveryStreamName })
const ListInput = z.object({
  Limit: z.int().min(1).max(LIST_MAX).default(LIST_DEFAULT),
  ExclusiveStartDeliveryStreamName: DeliveryStreamName.optional(),
})
const TagInput = OfStream.extend({ Tags })

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  return parseInput(schema, input, 'ValidationException')
}

function invalid(message: string): Error {
  return firehoseError('ValidationException', `1 validation error detected: ${message}`)
}
