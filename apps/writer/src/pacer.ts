import { type Clock, sleep } from './clock.ts'

/** Hands out turns at a steady pace, first come first served. */
export function createPacer(clock: Clock, everyMs: number): (signal?: AbortSignal) => Promise<void> {
  let nextAtMs = 0
  return async (signal) => {
    const nowMs = clock.monotonicMs()
    const atMs = Math.max(nowMs, nextAtMs)
    nextAtMs = atMs + everyMs
    if (atMs > nowMs) await sleep(clock, atMs - nowMs, signal)
  }
}
