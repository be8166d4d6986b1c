import type { Clock } from './clock.ts'

const TIMEOUT_MAX_MS = 2 ** 31 - 1

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(ms, TIMEOUT_MAX_MS))
    return () => clearTimeout(timer)
  },
}
