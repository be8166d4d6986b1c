import type { Failure } from '@roomlog/sinks'
import { expect, it } from 'vitest'
import { Trouble } from './trouble.ts'

const failure: Failure = { class: 'throttled', name: 'SlowDown', message: 'slow', metric: 'LogDestinationErrors' }
const never = new AbortController().signal

function trouble() {
  let nowMs = 0
  const after = (ms: number, run: () => void) => {
    let isOff = false
    queueMicrotask(() => {
      if (isOff) return
      nowMs += ms
      run()
    })
    return () => {
      isOff = true
    }
  }
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, after }
  const waits = { retry: { firstMs: 100, maxMs: 10_000 }, probe: { firstMs: 2_000, maxMs: 60_000 } }
  return { it: new Trouble({ clock, random: () => 1, waits, onChange() {} }), nowMs: () => nowMs }
}

it('calls that were out together fail together: the first wait stays short', async () => {
  const { it: lane, nowMs } = trouble()
  const probes = await Promise.all(Array.from({ length: 16 }, () => lane.turn(never)))
  expect(probes).not.toContain(true)
  for (const wasProbe of probes) lane.failed(failure, { held: false, wasProbe })
  expect(lane.failures).toBe(1)
  expect(await lane.turn(never)).toBe(true)
  expect(nowMs()).toBe(100)
})

it('each probe that fails makes the next one wait longer, and one that is answered ends the trouble', async () => {
  const { it: lane, nowMs } = trouble()
  lane.failed(failure, { held: true, wasProbe: false })
  const atMs: number[] = []
  for (let n = 0; n < 7; n++) {
    const wasProbe = await lane.turn(never)
    atMs.push(nowMs())
    lane.failed(failure, { held: true, wasProbe })
  }
  expect(atMs.map((at, n) => at - (atMs[n - 1] ?? 0))).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  lane.over()
  expect(lane.state().state).toBe('flowing')
  expect(await lane.turn(never)).toBe(false)
})
