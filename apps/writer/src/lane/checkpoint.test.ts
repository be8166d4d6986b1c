import { type JournalBatch, toAppendId, toPartition, toPosition } from '@roomlog/journal'
import { expect, test } from 'vitest'
import { aCycle } from '../../test/scripted-delivery.ts'
import { Checkpoint } from './checkpoint.ts'

const mark = (position: number) => ({ position: toPosition(position), appendId: undefined })

function started() {
  const passed: number[] = []
  const checkpoint = new Checkpoint(mark(0), (records) => passed.push(records))
  const meet = (until: number) => {
    const [first] = aCycle(1).records.all()
    if (!first) throw new Error('no record')
    checkpoint.ghosts.set(first.roomId, { first, until: toPosition(until) })
  }
  return { checkpoint, passed, meet }
}

test('a settled cycle moves it, and is counted then', () => {
  const { checkpoint, passed } = started()
  checkpoint.settle(mark(10), 7)
  expect(checkpoint.at).toEqual(mark(10))
  expect(passed).toEqual([7])
})

test('an object that ends beyond its cycle holds it back, until all was read up to there; only then is it counted', () => {
  const { checkpoint, passed, meet } = started()
  meet(15)
  checkpoint.settle(mark(10), 7)
  checkpoint.settleAll(mark(14))
  expect(checkpoint).toMatchObject({ at: mark(0), isHeldBack: true })
  expect(passed).toEqual([])
  checkpoint.settle(mark(20), 5)
  checkpoint.settleAll(mark(20))
  expect(checkpoint).toMatchObject({ at: mark(20), isHeldBack: false })
  expect(passed).toEqual([12])
})

test('a lane that starts over builds what was not passed again, so that it is counted once', () => {
  const { checkpoint, passed, meet } = started()
  meet(15)
  checkpoint.settle(mark(10), 7)
  checkpoint.startOver()
  checkpoint.settle(mark(20), 12)
  expect(checkpoint.at).toEqual(mark(20))
  expect(passed).toEqual([12])
})

const HOUR_MS = 3_600_000

/** Read from position 1 on; a batch of null is one that was set aside. */
function read(checkpoint: Checkpoint, head: number, ...batches: readonly (readonly number[] | null)[]) {
  let next = 1
  for (const hours of batches) {
    const count = hours?.length ?? 2
    const batch: JournalBatch = {
      partition: toPartition(0),
      previousEnd: toPosition(next - 1),
      firstPosition: toPosition(next),
      lastPosition: toPosition(next + count - 1),
      appendId: toAppendId('00000000-0000-4000-8000-000000000000'),
      committedAtMs: 0,
      setAsideRevision: hours === null ? 2 : undefined,
      counts: new Map(),
      rooms: [],
      sets: [],
      room: new Uint16Array(0),
      set: new Uint16Array(0),
      timeMs: Float64Array.from(hours ?? [], (hour) => hour * HOUR_MS),
      offset: new Uint32Array(0),
      bytes: Buffer.alloc(0),
    }
    checkpoint.read(batch, toPosition(head))
    next += count
  }
}

test('a tombstone holds it back until all is settled that objects which begin there may hold', () => {
  const { checkpoint, passed } = started()
  read(checkpoint, 8, [1, 1], null, [1, 1], [1, 1])
  const isAt = (position: number, isHeldBack: boolean) =>
    expect([checkpoint.at.position, checkpoint.isHeldBack]).toEqual([position, isHeldBack])
  checkpoint.settle(mark(2), 2)
  isAt(0, true)
  checkpoint.settle(mark(6), 2)
  isAt(0, true)
  checkpoint.settle(mark(8), 2)
  isAt(8, false)
  expect(passed).toEqual([6])
})

test('no object holds two hours: with the hour behind a tombstone, what it holds back ends', () => {
  const { checkpoint } = started()
  read(checkpoint, 1_000, [1, 1], null, [1, 1], [1, 2], [2, 2])
  expect([...checkpoint.tombstones.values()]).toMatchObject([{ first: 3, last: 4, until: 8 }])
  checkpoint.settle(mark(8), 6)
  expect([checkpoint.at, checkpoint.isHeldBack]).toEqual([mark(8), false])
})

test('a tombstone that ends where the head was holds nothing back, and one that is read again is the same', () => {
  const { checkpoint } = started()
  read(checkpoint, 4, [1, 1], null)
  read(checkpoint, 9, [1, 1], null)
  checkpoint.settleAll(mark(4))
  expect([checkpoint.at, checkpoint.isHeldBack]).toEqual([mark(4), false])
})
