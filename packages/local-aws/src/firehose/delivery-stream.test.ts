import { expect, test } from 'vitest'
import { objectKey } from './delivery-stream.ts'
import { streamConfig } from './stream-config.ts'

const segment = { openedMs: Date.UTC(2026, 10, 2, 3, 4, 5, 678), uuid: '0f8fad5b-d9cb-469f-a165-70867728950e' }

test('keys have the layout of AWS, in UTC', () => {
  const key = '2026/11/02/03/chat-1-2026-11-02-03-04-05-0f8fad5b-d9cb-469f-a165-70867728950e'
  expect(objectKey(config({}), segment)).toBe(key)
  expect(objectKey(config({ Prefix: 'chat/', CompressionFormat: 'GZIP' }), segment)).toBe(`chat/${key}.gz`)
})

test('buffering is 5 MiB and 300 s when nothing is said', () => {
  expect(config({})).toMatchObject({ bufferBytes: 5 * 1024 * 1024, bufferMs: 300_000 })
})

function config(s3: Readonly<Record<string, unknown>>) {
  const destination = { BucketARN: 'arn:aws:s3:::bucket', RoleARN: 'arn:aws:iam::123456789012:role/r', ...s3 }
  return streamConfig({ DeliveryStreamName: 'chat', S3DestinationConfiguration: destination }, 0)
}
