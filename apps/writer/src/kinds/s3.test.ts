import { toPosition } from '@roomlog/journal'
import type { FoundRun, Occupant } from '@roomlog/sinks'
import { expect, test } from 'vitest'
import { aCycle, anId, scriptedDelivery } from '../../test/scripted-delivery.ts'
import type { Attempted } from '../lane/attempt.ts'
import type { LaneRecord } from '../lane/record.ts'
import { deliverAsObjects } from './s3.ts'

/** An object stands in the way that starts where the run does and ends at `last`. */
function occupiedTo(last: Occupant['last'] | undefined) {
  return (records: readonly LaneRecord[]): Attempted => {
    const first = records[0]
    if (!first || !last) throw new Error('no records')
    return { status: 'occupied', occupant: { key: 'key', first, last } }
  }
}

test('behind an object that ends inside the run, the chain goes on with the record after it', async () => {
  const cycle = aCycle(5)
  const { delivery, calls } = scriptedDelivery({ writes: [occupiedTo(cycle.records.all().at(1))] })
  expect(await deliverAsObjects(delivery, cycle)).toEqual({ status: 'settled' })
  expect(calls).toEqual(['write 1,2,3,4,5', 'write 3,4,5'])
  expect(delivery.ghosts.size).toBe(0)
})

test('of an object that ends at the same position with another record, the Ids decide', async () => {
  const cycle = aCycle(4)
  const { delivery, calls } = scriptedDelivery({
    writes: [occupiedTo({ position: 3, id: anId() })],
    recalls: [(asked) => asked.filter(({ position }) => position === 1)],
  })
  expect(await deliverAsObjects(delivery, cycle)).toEqual({ status: 'settled' })
  expect(calls).toEqual(['write 1,2,3,4', 'recall 1,1,2,3,4', 'write 2,3,4'])
})

test('of an object that ends beyond the cycle, the Ids decide until its end is passed, and no checkpoint stands inside', async () => {
  const roomId = anId()
  const later = aCycle(3, { from: 3, roomId })
  const { delivery, calls } = scriptedDelivery({
    writes: [occupiedTo({ position: 4, id: anId() })],
    recalls: [(asked) => asked, (asked) => asked.filter(({ position }) => position <= 3)],
  })
  expect(await deliverAsObjects(delivery, aCycle(2, { roomId }))).toEqual({ status: 'settled' })
  expect([...delivery.ghosts.values()]).toMatchObject([{ until: 4 }])
  expect(await deliverAsObjects(delivery, later)).toEqual({ status: 'settled' })
  expect(calls).toEqual(['write 1,2', 'recall 1,1,2', 'recall 1,3,4', 'write 4,5'])
  expect(delivery.ghosts.size).toBe(0)
})

const EMPTY = Buffer.alloc(0)
/** Positions 3 and 4, and nothing beyond 9 can be in an object that begins there. */
const aTombstone = () => ({ first: toPosition(3), last: toPosition(4), until: toPosition(9), looked: new Set<never>() })

function aRunFrom(position: number, last: FoundRun['last']): FoundRun {
  return { first: { roomId: anId(), id: anId(), position, timeMs: 0, source: EMPTY, start: 0, byteLength: 0 }, last }
}

test('behind a tombstone, what an object that begins in it holds is settled to its last record', async () => {
  const cycle = aCycle(4, { from: 5 })
  const last = cycle.records.all().at(1)
  if (!last) throw new Error('no record')
  const inside = aRunFrom(3, { position: 3, id: anId() })
  const { delivery, calls } = scriptedDelivery({
    tombstones: [aTombstone()],
    runs: [[inside, aRunFrom(4, { position: last.position, id: last.id })]],
  })
  expect(await deliverAsObjects(delivery, cycle)).toEqual({ status: 'settled' })
  expect(calls).toEqual(['landed', 'list 3-4', 'write 7,8'])
})

test('a room is looked for once, before what stands behind the tombstone and may be reached from it', async () => {
  const roomId = anId()
  const { delivery, calls } = scriptedDelivery({ tombstones: [aTombstone()] })
  await deliverAsObjects(delivery, aCycle(2, { from: 1, roomId }))
  await deliverAsObjects(delivery, aCycle(2, { from: 5, roomId }))
  await deliverAsObjects(delivery, aCycle(2, { from: 7, roomId }))
  await deliverAsObjects(delivery, aCycle(1, { from: 9 }))
  await deliverAsObjects(delivery, aCycle(2, { from: 10 }))
  expect(calls.filter((call) => call !== 'landed')).toEqual([
    'write 1,2',
    'list 3-4',
    'write 5,6',
    'write 7,8',
    'list 3-4',
    'write 9',
    'write 10,11',
  ])
})

test('of an object that begins in a tombstone and ends beyond the cycle, or in another history, the Ids decide', async () => {
  const roomId = anId()
  const run = aRunFrom(4, { position: 8, id: anId() })
  const { delivery, calls } = scriptedDelivery({
    tombstones: [aTombstone()],
    runs: [[run]],
    recalls: [(asked) => asked.slice(0, 2), (asked) => asked.filter(({ position }) => position <= 7)],
  })
  expect(await deliverAsObjects(delivery, aCycle(2, { from: 5, roomId }))).toEqual({ status: 'settled' })
  expect([...delivery.ghosts.values()]).toMatchObject([{ first: run.first, until: 8 }])
  expect(calls).toEqual(['landed', 'list 3-4', 'recall 4,5,6', 'write 6'])
})
