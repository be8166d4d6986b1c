import type { Clock } from './clock.ts'

const TIMEOUT_MAX_MS = 2 ** 31 - 1

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  // By hand: the one of node:timers/promises makes an error with a stack for each sleep that is cut short, and most are.
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, signal?.aborted ? 0 : Math.min(ms, TIMEOUT_MAX_MS))
      signal?.addEventListener('abort', wake)
    }),
}
