import { expect, it } from 'vitest'
import { sampleRecords } from '../../test/sample-records.ts'
import { batchBody } from './batch-body.ts'

it.each([1, 2, 500])('%i records are what the SDK would make of them', (count) => {
  const records = sampleRecords(count)
  expect(JSON.parse(batchBody({ DeliveryStreamName: 'a-stream' }, records, Buffer.allocUnsafe).toString())).toEqual({
    DeliveryStreamName: 'a-stream',
    Records: records.map(({ bytes }) => ({ Data: bytes.toString('base64') })),
  })
})
