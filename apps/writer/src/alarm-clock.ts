import type { Clock } from './clock.ts'

/** A loop's way to wait: until woken, or until a time has passed. A wake before the wait is not lost. */
export type AlarmClock = {
  wake(): void
  /** `ms` undefined waits for a wake alone. */
  wait(ms: number | undefined, signal: AbortSignal): Promise<void>
}

export function createAlarmClock(clock: Clock): AlarmClock {
  let pending = false
  let ring: (() => void) | undefined
  return {
    wake() {
      pending = true
      ring?.()
    },
    async wait(ms, signal) {
      if (!pending && !signal.aborted) {
        const rung = new AbortController()
        const woken = new Promise<void>((resolve) => {
          ring = resolve
          signal.addEventListener('abort', () => resolve(), { once: true, signal: rung.signal })
        })
        await (ms === undefined ? woken : Promise.race([woken, clock.sleep(ms, rung.signal)]))
        ring = undefined
        // Without a reason an error is made for it, with a stack.
        rung.abort('over')
      }
      pending = false
    },
  }
}
