import { expect, it } from 'vitest'
import { sampleRecords } from '../../test/sample-records.ts'
import { lineOf } from '../line.ts'
import { batchBody } from './batch-body.ts'
import { packsOf } from './packs.ts'

it.each([1, 2, 500])('%i records are what the SDK would make of them', (count) => {
  const records = sampleRecords(count)
  expect(
    JSON.parse(
      batchBody({ DeliveryStreamName: 'a-stream' }, records, packsOf(records, 0), Buffer.allocUnsafe).toString(),
    ),
  ).toEqual({
    DeliveryStreamName: 'a-stream',
    Records: records.map((record) => ({ Data: lineOf(record).toString('base64') })),
  })
})

it('packs hold whole lines, one behind the other', () => {
  const records = sampleRecords(7)
  const packs = [
    { from: 0, to: 3 },
    { from: 3, to: 7 },
  ]
  const { Records } = JSON.parse(batchBody({ DeliveryStreamName: 'a' }, records, packs, Buffer.allocUnsafe).toString())
  const data: string[] = Records.map(({ Data }: { Data: string }) => Buffer.from(Data, 'base64').toString())
  expect(data).toEqual([records.slice(0, 3), records.slice(3)].map((pack) => pack.map(lineOf).join('')))
})
