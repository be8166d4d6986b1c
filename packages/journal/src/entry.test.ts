import { MessageId, RoomId } from '@roomlog/domain'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeEntries,
  decodeEntry,
  encodeEntry,
  faultOf,
  firstTimeMs,
  indexedCounts,
  SET_ASIDE_FORMAT,
} from './entry.ts'
import { toPartition } from './partition.ts'
import type { NewRecord } from './port.ts'
import { toPosition } from './position.ts'
import { anAppendId, aRecord, batchesOf, recordsOf, TIME_MS, versionId } from './samples.contract.ts'
import { countsAtMost } from './set-aside.ts'

const FLOOR_MS = TIME_MS - 50

const id = fc.stringMatching(/^[a-zA-Z0-9]{12}$/)
const rooms = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb', 'cccccccccccc'].map((room) => RoomId.parse(room))
const versions = fc.uniqueArray(fc.integer({ min: 1, max: 2 ** 31 - 1 }).map(versionId), { minLength: 1, maxLength: 3 })
const record: fc.Arbitrary<NewRecord> = fc
  .record({
    roomId: fc.constantFrom(...rooms),
    id: id.map((value) => MessageId.parse(value)),
    timeMs: fc.integer({ min: TIME_MS - 100, max: TIME_MS + 100 }),
    destinations: versions,
    rest: fc.uint8Array({ maxLength: 200 }),
  })
  .map(aRecord)

function stored(batch: readonly NewRecord[]) {
  return {
    ...encodeEntry(batch),
    partition: toPartition(3),
    firstPosition: toPosition(41),
    appendId: anAppendId(),
    committedAtMs: TIME_MS,
    floorTimeMs: FLOOR_MS,
    recordCount: batch.length,
    crc32: undefined,
    setAsideRevision: undefined,
  }
}

test('what is packed comes out again', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 50 }), (batch) => {
      const entry = stored(batch)
      const opened = decodeEntry(entry)
      let timeMs = FLOOR_MS
      const expected = batch.map(({ bytes, ...rest }, i) => {
        timeMs = Math.max(timeMs, rest.timeMs)
        return { ...rest, timeMs, position: 41 + i, text: Buffer.from(bytes).toString('utf8') }
      })
      expect(recordsOf([opened])).toEqual(expected)
      expect(opened.bytes.equals(Buffer.concat(batch.map(({ bytes }) => bytes)))).toBe(true)
      expect(opened.lastPosition).toBe(40 + batch.length)
      expect(Math.max(FLOOR_MS, entry.timeMaxMs)).toBe(opened.timeMs.at(-1))
      const counts = new Map<number, number>()
      for (const { destinations } of batch) {
        for (const version of destinations) counts.set(version, (counts.get(version) ?? 0) + 1)
      }
      expect(opened.counts).toEqual(counts)
    }),
  )
})

test('the layout of format 1 is frozen: these bytes are in journals', () => {
  const { index, bytes, format } = encodeEntry([
    {
      roomId: RoomId.parse('roomroomroom'),
      id: MessageId.parse('AAAAAAAAAAAA'),
      timeMs: 1_900_000_000_001,
      destinations: [versionId(7), versionId(258)],
      bytes: Buffer.from('one\n'),
    },
    {
      roomId: RoomId.parse('roomroomroom'),
      id: MessageId.parse('BBBBBBBBBBBB'),
      timeMs: 1_900_000_000_000,
      destinations: [versionId(7)],
      bytes: Buffer.from('second\n'),
    },
  ])
  expect(format).toBe(1)
  expect(bytes.toString()).toBe('one\nsecond\n')
  expect(index.toString('hex')).toBe(
    '0100020002000000726f6f6d726f6f6d726f6f6d02070000000201000001070000000000' +
      '0000001080330da67b4241414141414141414141414104000000' +
      '00000100000080330da67b4242424242424242424242424207000000',
  )
})

test('the largest batch fits: thousands of rooms, each with its own destinations', () => {
  const batch = Array.from({ length: 8_000 }, (_, n) => aRecord({ destinations: [versionId(n + 1)] }))
  const opened = decodeEntry(stored(batch))
  expect(opened.sets[opened.set[7_999] ?? -1]).toEqual([8_000])
  expect(opened.rooms[opened.room[7_999] ?? -1]).toBe(batch[7_999]?.roomId)
})

test('rows are read up to the first one of a later format, which is never passed over', () => {
  const [one, two, three] = [stored([aRecord()]), stored([aRecord()]), stored([aRecord()])]
  const later = faultOf({ ...two, format: 5, index: Buffer.from('a layout of its own') })
  if (!later) throw new Error('it is opened')
  expect(decodeEntries([one, later, three])).toMatchObject({ status: 'read', batches: [{ appendId: one.appendId }] })
  expect(decodeEntries([later, three])).toEqual({ status: 'unreadable', position: 41, format: 5 })
  expect(decodeEntries([])).toEqual({ status: 'read', batches: [] })
})

test('the bytes of format 1 that journals hold stay readable, whatever is written today', () => {
  const index =
    '0100020002000000726f6f6d726f6f6d726f6f6d02070000000201000001070000000000' +
    '0000001080330da67b4241414141414141414141414104000000' +
    '00000100000080330da67b4242424242424242424242424207000000'
  const outcome = decodeEntries([
    {
      ...stored([aRecord()]),
      format: 1,
      floorTimeMs: 0,
      index: Buffer.from(index, 'hex'),
      bytes: Buffer.from('one\nsecond\n'),
      destinationVersionIds: [7, 258],
      destinationCounts: [2, 1],
      recordCount: 2,
    },
  ])
  expect(batchesOf(outcome)).toMatchObject([
    {
      firstPosition: 41,
      lastPosition: 42,
      rooms: ['roomroomroom'],
      sets: [[7, 258], [7]],
      room: Uint16Array.of(0, 0),
      set: Uint16Array.of(0, 1),
      timeMs: Float64Array.of(1_900_000_000_001, 1_900_000_000_001),
      offset: Uint32Array.of(0, 4, 11),
      bytes: Buffer.from('one\nsecond\n'),
    },
  ])
})

test.each([
  ['bytes that are cut short', { bytes: Buffer.from('short') }],
  ['no index', { index: Buffer.alloc(0) }],
  ['an index that is cut short', { index: stored([aRecord()]).index.subarray(0, 30) }],
  ['an index of noise', { index: Buffer.alloc(200, 0xa5) }],
  ['another number of records', { recordCount: 2 }],
  ['a destination that is none', { destinationVersionIds: [-1] }],
  ['a format that is none', { format: 0 }],
])('a row without a checksum that has %s is damaged, and what stands before it is read', (_, change) => {
  const entry = stored([aRecord()])
  const row = { ...entry, ...change }
  expect(decodeEntries([row])).toEqual({ status: 'damaged', position: 41, reason: expect.any(String) })
  expect(decodeEntries([entry, row])).toMatchObject({ status: 'read', batches: [{ appendId: entry.appendId }] })
  expect(Number.isFinite(firstTimeMs(row))).toBe(true)
})

test('a tombstone has its place and its counts, and no records', () => {
  const none = { index: Buffer.alloc(0), bytes: Buffer.alloc(0), recordCount: 5, setAsideRevision: 7 }
  const opened = decodeEntry({ ...stored([aRecord()]), ...none, format: SET_ASIDE_FORMAT })
  expect(opened).toMatchObject({ firstPosition: 41, lastPosition: 45, setAsideRevision: 7 })
  expect(opened.counts).toEqual(new Map([[1, 1]]))
  expect(recordsOf([opened])).toEqual([])
})

test('where counts and index differ the greater counts, and nothing counts more than there are records', () => {
  const { index, ...claims } = stored([aRecord({ destinations: [versionId(1), versionId(2)] }), aRecord()])
  expect(indexedCounts(index)).toEqual(
    new Map([
      [1, 2],
      [2, 1],
    ]),
  )
  const most = (ids: number[], counts: number[], read: Buffer | undefined) =>
    Object.fromEntries(
      countsAtMost({ ...claims, destinationVersionIds: ids, destinationCounts: counts, index: read }, 2),
    )
  expect(most([1, 2], [2, 1], index)).toEqual({ 1: 2, 2: 1 })
  expect(most([1, 2], [2, 1], undefined)).toEqual({ 1: 2, 2: 1 })
  expect(most([1, 3], [0, 1], index)).toEqual({ 1: 2, 2: 1, 3: 1 })
  expect(most([1, 2], [2 ** 30, -1], index.subarray(3))).toEqual({ 1: 2, 2: 2 })
  expect(most([1, 2], [2], index)).toEqual({ 1: 2, 2: 2 })
})
