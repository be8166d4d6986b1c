import { expect, test } from 'vitest'
import { createFaults } from './faults.ts'

test('a target is a whole name, or a beginning when it ends in a star', () => {
  const strikes = (target: string, at: string) => {
    const faults = createFaults(() => 0)
    faults.add({ effect: 'throttle', target })
    return faults.plan('s3', 'PutObject', at).instead !== undefined
  }
  expect(strikes('logs', 'logs/a/b')).toBe(true)
  expect(strikes('logs', 'logs-2/a')).toBe(false)
  expect(strikes('logs/a/*', 'logs/a/b')).toBe(true)
  expect(strikes('logs/a', 'logs/a/b')).toBe(false)
})

test('latencies add up, and of several ways to end a call the first wins and the next waits', () => {
  const faults = createFaults(() => 0)
  faults.add({ effect: 'latency', ms: 10 })
  faults.add({ effect: 'latency', ms: 5 })
  faults.add({ effect: 'throttle', count: 1 })
  faults.add({ effect: 'hang', count: 1 })
  const plans = [1, 2, 3].map(() => faults.plan('logs', 'PutLogEvents', 'g'))
  expect(plans.map(({ latencyMs, instead }) => [latencyMs, instead?.effect])).toEqual([
    [15, 'throttle'],
    [15, 'hang'],
    [15, undefined],
  ])
})

test('a probability is drawn for each call', () => {
  const draws = [0.1, 0.9, 0.4]
  const faults = createFaults(() => draws.shift() ?? 1)
  faults.add({ effect: 'throttle', probability: 0.5 })
  const struck = [1, 2, 3].map(() => faults.plan('s3', 'PutObject', 'b/k').instead !== undefined)
  expect(struck).toEqual([true, false, true])
})

test('a fault made for one operation strikes no other', () => {
  const faults = createFaults(() => 0)
  faults.add({ effect: 'readLag', ms: 100, count: 1 })
  expect(faults.plan('logs', 'PutLogEvents', 'g').ids).toEqual([])
  expect(faults.plan('logs', 'FilterLogEvents', 'g').bending).toEqual({ readLagMs: 100 })
})
