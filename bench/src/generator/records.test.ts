import { gzipSync } from 'node:zlib'
import { recordId } from '@roomlog/domain'
import { expect, test } from 'vitest'
import { IdSum } from './id-sum.ts'
import { createRecordSource, roomsOf } from './records.ts'

const START_MS = Date.UTC(2026, 0, 15, 12)
const take = (seed: number, count: number) => {
  const source = createRecordSource({ seed, rooms: roomsOf(seed, 200), startMs: START_MS })
  return { source, records: Array.from({ length: count }, () => source.next()) }
}
const { source, records } = take(1, 20_000)
const lines = Buffer.concat(records.map(({ bytes }) => bytes))

test('records have 439 bytes on average, and gzip leaves 1 in 4.2 of them', () => {
  expect(Math.abs(lines.length / records.length - 439)).toBeLessThan(4)
  expect(Math.abs(lines.length / gzipSync(lines, { level: 6 }).length - 4.2)).toBeLessThan(0.1)
  expect(source.bytes).toBe(lines.length)
})

test('the seed decides every byte', () => {
  const bytesOf = (seed: number) => Buffer.concat(take(seed, 50).records.map(({ bytes }) => bytes))
  expect(bytesOf(7).equals(bytesOf(7))).toBe(true)
  expect(bytesOf(7).equals(bytesOf(8))).toBe(false)
})

test('3 in 100 are events, some are neither Latin nor ASCII, and a few rooms have most of it', () => {
  const texts = records.map(({ bytes }) => Buffer.from(bytes).toString())
  const share = (pattern: RegExp) => texts.filter((text) => pattern.test(text)).length / texts.length
  expect(Math.abs(share(/"type":"EVENT"/) - 0.03)).toBeLessThan(0.01)
  expect(share(/\p{Extended_Pictographic}/u)).toBeGreaterThan(0.1)
  expect(share(/\p{Script=Cyrillic}|\p{Script=Han}|\p{Script=Hangul}|\p{Script=Arabic}/u)).toBeGreaterThan(0.05)
  const byRoom = new Map<string, number>()
  for (const { roomId } of records) byRoom.set(roomId, (byRoom.get(roomId) ?? 0) + 1)
  const counts = [...byRoom.values()].sort((a, b) => b - a)
  expect(counts[0]).toBeGreaterThan(10 * (counts[99] ?? 0))
})

test('the sum of Ids does not see their order, but a lost one, a repeat, and one in place of another', () => {
  const ids = records.map(({ bytes }) => recordId(bytes) ?? '')
  const digestOf = (some: readonly string[]) => {
    const sum = new IdSum()
    for (const id of some) sum.addText(id)
    return sum.digest
  }
  expect(digestOf(ids)).toBe(source.ids.digest)
  expect(digestOf(ids.toReversed())).toBe(source.ids.digest)
  expect(digestOf(ids.slice(1))).not.toBe(source.ids.digest)
  expect(digestOf([...ids, 'AAAAAAAAAAAA', 'AAAAAAAAAAAA'])).not.toBe(source.ids.digest)
  expect(digestOf([ids[1] ?? '', ...ids.slice(1)])).not.toBe(source.ids.digest)
})
