import { DestinationVersionId, RoomId } from '@roomlog/domain'
import { type JournalBatch, toAppendId, toPartition, toPosition } from '@roomlog/journal'
import { expect, test } from 'vitest'
import { createPins } from '../pins.ts'
import { Waiting } from './waiting.ts'

const MINE = DestinationVersionId.parse(1)
const OTHERS = DestinationVersionId.parse(2)
const READ = { position: toPosition(1_000), appendId: undefined }

function waiting() {
  const pins = createPins({ limitBytes: 1_000_000, wholeBytesMin: 0 }, () => {})
  return {
    pins,
    it: new Waiting({ destination: MINE, pins, bytesMax: () => 1_000, cycleBytesMax: 1_000_000, cycleRecordsMax: 3 }),
  }
}

function batchAt(firstPosition: number, count: number, destination = MINE, timeMs = 0): JournalBatch {
  const bytes = Buffer.alloc(10 * count)
  return {
    partition: toPartition(0),
    previousEnd: toPosition(firstPosition - 1),
    firstPosition: toPosition(firstPosition),
    lastPosition: toPosition(firstPosition + count - 1),
    appendId: toAppendId('00000000-0000-4000-8000-000000000000'),
    committedAtMs: 0,
    setAsideRevision: undefined,
    counts: new Map([[destination, count]]),
    rooms: [RoomId.parse('AAAAAAAAAAAA')],
    sets: [[destination]],
    room: new Uint16Array(count),
    set: new Uint16Array(count),
    timeMs: new Float64Array(count).fill(timeMs),
    offset: Uint32Array.from({ length: count + 1 }, (_, n) => 10 * n),
    bytes,
  }
}

test('a cycle ends with the batch that fills it; the next one begins behind that', () => {
  const { it } = waiting()
  for (const first of [1, 3, 5]) it.add(batchAt(first, 2), { dueAtMs: first, whole: false })
  expect([it.isFull, it.dueAtMs, it.bytes]).toEqual([true, 1, 60])
  const cut = it.cut(READ)
  expect([cut.gather.records.length, cut.to.position]).toEqual([4, 4])
  expect([it.isFull, it.dueAtMs, it.bytes]).toEqual([false, 5, 20])
})

test('the last cycle ends where the lane has read to, past what was for others', () => {
  const { it } = waiting()
  it.add(batchAt(1, 2), { dueAtMs: 0, whole: false })
  it.add(batchAt(3, 5, OTHERS), { dueAtMs: 0, whole: false })
  expect(it.cut(READ).to).toBe(READ)
  expect(it.isEmpty).toBe(true)
})

test('a cycle that an earlier life left open is cut whole, however many records it has', () => {
  const { it } = waiting()
  for (const first of [1, 3, 5]) it.add(batchAt(first, 2), { dueAtMs: 0, whole: true })
  const cut = it.cut(READ)
  expect([cut.gather.records.length, cut.to]).toEqual([6, READ])
})

test('what is let go of counts as memory no longer', () => {
  const { it, pins } = waiting()
  for (const first of [1, 3, 5]) it.add(batchAt(first, 2), { dueAtMs: 0, whole: false })
  expect(pins.bytes()).toBe(60)
  it.release()
  expect([pins.bytes(), it.bytes, it.isEmpty]).toEqual([0, 0, true])
})

test('a cycle ends where time falls, also if that was at a batch of others', () => {
  const { it } = waiting()
  const add = (first: number, timeMs: number, destination = MINE) =>
    it.add(batchAt(first, 1, destination, timeMs), { dueAtMs: 0, whole: false })
  add(1, 5_000)
  add(2, 3_000, OTHERS)
  add(3, 6_000)
  expect([it.isFull, it.cut(READ).to.position]).toEqual([true, 1])
  expect([it.isFull, it.cut(READ).to]).toEqual([false, READ])
})
