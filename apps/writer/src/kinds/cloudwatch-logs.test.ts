import { expect, test } from 'vitest'
import { aCycle, LOST, scriptedDelivery } from '../../test/scripted-delivery.ts'
import { deliverToLogStreams } from './cloudwatch-logs.ts'

test('absence is believed after two reads, the second a while after the first', async () => {
  const late = scriptedDelivery({ writes: [() => LOST], recalls: [() => [], (asked) => asked] })
  expect(await deliverToLogStreams(late.delivery, aCycle(2))).toEqual({ status: 'settled' })
  expect(late.calls).toEqual(['write 1,2', 'sleep 5000', 'recall 1,2', 'sleep 1000', 'recall 1,2'])
  expect(late.counted.repeats).toBe(0)
})

test('only what two reads did not find is sent again, counted before that can happen', async () => {
  const { delivery, calls, counted } = scriptedDelivery({
    writes: [() => LOST],
    recalls: [(asked) => asked.slice(0, 1), (asked) => asked.slice(0, 1)],
  })
  expect(await deliverToLogStreams(delivery, aCycle(3))).toEqual({ status: 'settled' })
  expect(calls.slice(2)).toEqual(['recall 1,2,3', 'sleep 1000', 'recall 2,3', 'about to send', 'write 3'])
  expect(counted.repeats).toBe(1)
})

test("a dead writer's calls are read back when they must be visible, and written down before anything is sent", async () => {
  const { delivery, calls, counted } = scriptedDelivery({ quietForMs: 1_000 })
  expect(await deliverToLogStreams(delivery, aCycle(1, { recovering: true }))).toEqual({ status: 'settled' })
  expect(calls).toEqual(['sleep 2000', 'recall 1', 'sleep 1000', 'recall 1', 'about to send', 'write 1'])
  expect(counted.repeats).toBe(1)
})
