import { expect, test } from 'vitest'
import { aCycle, scriptedDelivery } from '../../test/scripted-delivery.ts'
import type { Attempted } from '../lane/attempt.ts'
import type { LaneRecord } from '../lane/record.ts'
import { deliverToDeliveryStream } from './firehose.ts'

const because = (name: string) =>
  ({ class: 'invalid', name, message: `refused: ${name}`, metric: 'LogDestinationErrors' }) as const
const known = (): Attempted => ({ status: 'refused', scope: 'batch', failure: because('InvalidArgumentException') })
const novel = (): Attempted => ({ status: 'refused', scope: 'unknown', failure: because('SubscriptionRequired') })
const taken = (): Attempted => ({ status: 'delivered' })
const times = <T>(n: number, one: T): T[] => Array.from({ length: n }, () => one)
const positions = (records: readonly { readonly record: LaneRecord }[]) => records.map(({ record }) => record.position)

test('an unknown name is probed by halves, in order and each after a wait, and nothing is buried for it', async () => {
  const { delivery, calls, buried, held } = scriptedDelivery({ writes: times(6, novel) })
  expect(await deliverToDeliveryStream(delivery, aCycle(5))).toEqual({ status: 'settled' })
  expect(calls).toEqual([
    ...['write 1,2,3,4,5', 'hold 1', 'write 1,2,3', 'hold 2', 'write 1,2', 'hold 3', 'write 1', 'hold 4', 'write 1'],
    ...['hold 5', 'write 1', 'hold 6', 'write 1', 'write 2', 'write 3', 'write 4,5'],
  ])
  expect(buried).toEqual([])
  expect(held.at(-1)?.message).toContain('delivery.setAside')
})

test('a record that an unknown name refuses alone is buried after three times over 10 minutes, if others were accepted between and afterwards', async () => {
  for (const [acceptedAfter, isBuried] of [
    [[1, 3], true],
    [[2, 3], true],
    [[3], false],
    [[1, 2], false],
    [[], false],
  ] as const) {
    let n = 0
    const lane = scriptedDelivery({
      writes: times(4, () => {
        lane.pass(n === 0 ? 0 : 5 * 60_000)
        n++
        if (acceptedAfter.some((after) => after === n - 1)) lane.refusals.accepted(lane.refusals.now())
        return novel()
      }),
    })
    expect(await deliverToDeliveryStream(lane.delivery, aCycle(1))).toEqual({ status: 'settled' })
    expect([acceptedAfter, positions(lane.buried)]).toEqual([acceptedAfter, isBuried ? [1] : []])
  }
})

test('nor before three times, nor before 10 minutes', async () => {
  for (const [refusals, everyMs] of [
    [3, 60 * 60_000],
    [9, 60_000],
  ] as const) {
    const lane = scriptedDelivery({
      writes: times(refusals, () => {
        lane.pass(everyMs)
        lane.refusals.accepted(lane.refusals.now())
        return novel()
      }),
    })
    await deliverToDeliveryStream(lane.delivery, aCycle(1))
    expect(lane.buried).toEqual([])
  }
})

test('a record that only an unknown name refuses is buried at once when a person has set it aside', async () => {
  const cycle = aCycle(3)
  const { delivery, calls, buried } = scriptedDelivery({
    writes: times(4, novel),
    setAside: () => (calls.length > 6 ? cycle.records.all().at(0)?.id : undefined),
  })
  expect(await deliverToDeliveryStream(delivery, cycle)).toEqual({ status: 'settled' })
  expect(calls.slice(-4)).toEqual(['hold 3', 'write 1', 'write 2', 'write 3'])
  expect(positions(buried)).toEqual([1])
})

test('a record refused as invalid is buried once another of its batch is accepted', async () => {
  const { delivery, calls, buried } = scriptedDelivery({ writes: times(3, known) })
  expect(await deliverToDeliveryStream(delivery, aCycle(4))).toEqual({ status: 'settled' })
  expect(calls).toEqual(['write 1,2,3,4', 'write 1,2', 'write 1', 'write 2', 'write 3,4'])
  expect(positions(buried)).toEqual([1])
})

test('a record that is the only one refused as invalid needs no other', async () => {
  const { delivery, calls, buried } = scriptedDelivery({ writes: [known] })
  expect(await deliverToDeliveryStream(delivery, aCycle(1))).toEqual({ status: 'settled' })
  expect([calls, positions(buried)]).toEqual([['write 1'], [1]])
})

test('a destination that calls everything invalid for a while has nothing buried, or one record if it comes back right then', async () => {
  for (let refused = 10; refused < 40; refused++) {
    const { delivery, calls, buried } = scriptedDelivery({ writes: times(refused, known) })
    expect(await deliverToDeliveryStream(delivery, aCycle(20))).toEqual({ status: 'settled' })
    // It may come back between a record and the next one; by then the first looks as if it were at fault.
    expect(buried.length).toBeLessThanOrEqual(1)
    const writes = calls.filter((call) => call.startsWith('write')).map((call) => call.slice(6).split(',').map(Number))
    const accepted = writes.slice(refused).flat()
    expect(accepted.length + buried.length).toBe(20)
    // What was refused on the way is behind by one piece at most.
    expect(accepted.filter((position, n) => position < (accepted[n - 1] ?? 0)).length).toBeLessThanOrEqual(1)
  }
})

test('records refused as invalid one after the other are buried once one behind them is accepted', async () => {
  const isBad = (asked: readonly LaneRecord[]) => asked.some(({ position }) => position <= 3)
  const { delivery, buried, calls } = scriptedDelivery({
    writes: times(40, (asked) => (isBad(asked) ? known() : taken())),
  })
  expect(await deliverToDeliveryStream(delivery, aCycle(8))).toEqual({ status: 'settled' })
  expect(positions(buried)).toEqual([1, 2, 3])
  expect(calls.filter((call) => call.startsWith('hold'))).toEqual([])
})

test('records refused as invalid with nothing to compare hold the lane for some probes, and are buried then', async () => {
  const { delivery, buried, calls } = scriptedDelivery({ writes: times(200, known) })
  expect(await deliverToDeliveryStream(delivery, aCycle(3))).toEqual({ status: 'settled' })
  expect(calls.filter((call) => call.startsWith('hold'))).toEqual(['hold 1', 'hold 2', 'hold 3'])
  expect(positions(buried)).toEqual([1, 2, 3])
})
