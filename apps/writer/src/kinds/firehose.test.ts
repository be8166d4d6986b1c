import { expect, test } from 'vitest'
import { aCycle, LOST, scriptedDelivery } from '../../test/scripted-delivery.ts'
import type { Attempted } from '../lane/attempt.ts'
import { deliverToDeliveryStream } from './firehose.ts'

const refused = (index: number, retryable: boolean) => ({ index, retryable, reason: 'ServiceUnavailableException' })

test('only what a batch refused is sent again, before anything behind it', async () => {
  const partial = (): Attempted => ({ status: 'partial', rejected: [refused(1, true), refused(3, true)] })
  const { delivery, calls, buried } = scriptedDelivery({ writes: [partial] })
  expect(await deliverToDeliveryStream(delivery, aCycle(5))).toEqual({ status: 'settled' })
  expect(calls).toEqual(['write 1,2,3,4,5', 'sleep 200', 'write 2,4'])
  expect(buried).toEqual([])
})

test('what is refused for good becomes a dead letter, and the rest is delivered', async () => {
  const partial = (): Attempted => ({ status: 'partial', rejected: [refused(0, false), refused(2, true)] })
  const { delivery, calls, buried } = scriptedDelivery({ writes: [partial] })
  expect(await deliverToDeliveryStream(delivery, aCycle(3))).toEqual({ status: 'settled' })
  expect(calls).toEqual(['write 1,2,3', 'sleep 200', 'write 3'])
  expect(buried.map(({ record }) => record.position)).toEqual([1])
})

test('repeats that are possible are counted before they can happen: a lost answer, and the open cycle of a killed writer', async () => {
  const lost = scriptedDelivery({ writes: [() => LOST] })
  await deliverToDeliveryStream(lost.delivery, aCycle(3))
  expect(lost.calls).toEqual(['write 1,2,3', 'about to send', 'write 1,2,3'])
  expect(lost.counted.repeats).toBe(3)
  const killed = scriptedDelivery({})
  await deliverToDeliveryStream(killed.delivery, aCycle(4, { recovering: true }))
  expect(killed.calls).toEqual(['about to send', 'write 1,2,3,4'])
  expect(killed.counted.repeats).toBe(4)
})
