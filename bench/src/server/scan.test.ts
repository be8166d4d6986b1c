import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { IdSum } from '../generator/id-sum.ts'
import { createRecordSource, roomsOf } from '../generator/records.ts'
import { countData, type RecordFound, scanFirehoseBody, scanLogEvents, scanObject } from './scan.ts'

const source = createRecordSource({ seed: 3, rooms: roomsOf(3, 5), startMs: Date.UTC(2026, 0, 15) })
const records = Array.from({ length: 500 }, () => source.next())
const sumOf = (scan: (found: RecordFound) => void) => {
  const sum = new IdSum()
  const times: number[] = []
  scan((bytes, idAt, timeMs) => {
    sum.add(bytes, idAt)
    times.push(timeMs())
  })
  return { digest: sum.digest, count: sum.count, times }
}
const expected = { digest: source.ids.digest, count: 500, times: records.map(({ timeMs }) => timeMs) }

test('every record of an object is found', () => {
  const body = gzipSync(Buffer.concat(records.map(({ bytes }) => bytes)))
  expect(sumOf((found) => scanObject(body, found))).toEqual(expected)
})

test('every record of a PutLogEvents body is found', () => {
  const logEvents = records.map(({ bytes, timeMs }) => ({
    timestamp: timeMs,
    message: Buffer.from(bytes).toString().trimEnd(),
  }))
  const body = Buffer.from(JSON.stringify({ logGroupName: 'chat', logStreamName: 'room', logEvents }))
  expect(sumOf((found) => scanLogEvents(body, found))).toEqual(expected)
})

test('every record of a PutRecordBatch body is found, also where several share a Firehose record', () => {
  const dataOf = (from: number, to: number) =>
    Buffer.concat(records.slice(from, to).map(({ bytes }) => bytes)).toString('base64')
  const datas = [...records.slice(0, 100).map((_, n) => dataOf(n, n + 1)), dataOf(100, 110), dataOf(110, 500)]
  const body = Buffer.from(JSON.stringify({ DeliveryStreamName: 's', Records: datas.map((Data) => ({ Data })) }))
  let billed = 0
  const seen = sumOf((found) => {
    billed = scanFirehoseBody(body, found)
  })
  expect(seen).toEqual(expected)
  expect(countData(body)).toBe(102)
  expect(billed % 5120).toBe(0)
  expect(billed).toBeGreaterThan(130 * 5120)
})
