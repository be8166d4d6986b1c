import type { Occupant } from '@roomlog/sinks'
import { expect, test } from 'vitest'
import { aCycle, anId, scriptedDelivery } from '../../test/scripted-delivery.ts'
import type { Attempted } from '../lane/attempt.ts'
import type { LaneRecord } from '../lane/record.ts'
import { deliverAsObjects } from './objects.ts'

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
