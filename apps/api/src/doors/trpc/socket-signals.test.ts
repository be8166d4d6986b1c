import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { createSocketSignals } from './socket-signals.ts'

test('all calls of a connection are given up when it closes, and those of no other', () => {
  const signals = createSocketSignals()
  const [one, other] = [new EventEmitter(), new EventEmitter()]
  const signal = signals.of(one)
  expect(signals.of(one)).toBe(signal)
  expect(one.listenerCount('close')).toBe(1)
  one.emit('close')
  expect(signal.aborted).toBe(true)
  expect(signals.of(other).aborted).toBe(false)
})
