import { RoomId } from '@roomlog/domain'
import { toPosition } from '@roomlog/journal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Part, Records } from './records.ts'

const ROOMS = ['AAAAAAAAAAAA', 'BBBBBBBBBBBB', 'CCCCCCCCCCCC'].map((id) => RoomId.parse(id))

/** Rooms and lengths of a batch's records, and whether some records of others stand between them. */
const batch = fc.record({
  records: fc.array(fc.tuple(fc.nat(2), fc.nat(20)), { minLength: 1, maxLength: 8 }),
  isShare: fc.boolean(),
})

function partOf(records: readonly (readonly [number, number])[], isShare: boolean, firstPosition: number): Part {
  const offset = Uint32Array.from([
    0,
    ...records.map((_, n) => records.slice(0, n + 1).reduce((sum, [, b]) => sum + b, 0)),
  ])
  return {
    count: records.length,
    rooms: ROOMS,
    room: Uint16Array.from(records, ([room]) => room),
    timeMs: Float64Array.from(records, (_, n) => firstPosition * 10 + n),
    offset,
    source: Buffer.alloc(offset.at(-1) ?? 0, String(firstPosition)),
    positions: isShare ? Float64Array.from(records, (_, n) => firstPosition + 2 * n) : toPosition(firstPosition),
  }
}

function plainOf(parts: readonly Part[]) {
  return parts.flatMap(({ room, timeMs, offset, positions }) =>
    Array.from(room, (r, n) => ({
      roomId: ROOMS[r],
      position: typeof positions === 'number' ? positions + n : positions[n],
      timeMs: timeMs[n],
      start: offset[n],
      byteLength: (offset[n + 1] ?? 0) - (offset[n] ?? 0),
    })),
  )
}

const facts = ({
  roomId,
  position,
  timeMs,
  start,
  byteLength,
}: Record<'position' | 'timeMs' | 'start' | 'byteLength', number> & { roomId: RoomId }) => ({
  roomId,
  position,
  timeMs,
  start,
  byteLength,
})

test('a selection answers as the array of its records does', () => {
  const asked = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 20 })
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 6 }), asked, asked, (batches, ends, indexes) => {
      const records = new Records()
      for (const [n, { records: its, isShare }] of batches.entries()) records.add(partOf(its, isShare, 1 + 100 * n))
      for (const whole of [records.all(), ...records.byRoom().values()]) {
        const array = [...whole]
        const [selection, plain] = [whole.slice(ends[0], ends[1]), array.slice(ends[0], ends[1])]
        expect(selection).toHaveLength(plain.length)
        expect(indexes.map((index) => selection.at(index))).toEqual(indexes.map((index) => plain.at(index)))
        const isKept = ({ position }: { position: number }, index: number) => (position + index) % 3 === 0
        expect(selection.filter(isKept)).toEqual(plain.filter(isKept))
        expect([...selection.slice(ends[1])]).toEqual(plain.slice(ends[1]))
      }
    }),
  )
})

test('records are made as they stand in their batches, by place and by room', () => {
  fc.assert(
    fc.property(fc.array(batch, { maxLength: 6 }), fc.nat(60), fc.nat(60), (batches, from, to) => {
      const parts = batches.map(({ records, isShare }, n) => partOf(records, isShare, 1 + 100 * n))
      const records = new Records()
      for (const part of parts) records.add(part)
      const plain = plainOf(parts)
      expect(records).toHaveLength(plain.length)
      expect(Array.from(records.all(), facts)).toEqual(plain)
      expect(Array.from(records.all().slice(from, to), facts)).toEqual(plain.slice(from, Math.max(from, to)))
      const rooms = [...records.byRoom()]
      expect(rooms.map(([id]) => id)).toEqual([...new Set(plain.map(({ roomId }) => roomId))])
      for (const [id, room] of rooms) {
        const its = plain.filter(({ roomId }) => roomId === id)
        expect(room).toHaveLength(its.length)
        expect(Array.from(room, facts)).toEqual(its)
      }
    }),
  )
})
