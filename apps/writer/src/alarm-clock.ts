import type { Clock } from './clock.ts'

/** A loop's way to wait: until woken, or until a time has passed. A wake before the wait is not lost. */
export type AlarmClock = {
  wake(): void
  /** `ms` undefined waits for a wake alone. */
  wait(ms: number | undefined, signal: AbortSignal): Promise<void>
}

export function createAlarmClock(clock: Pick<Clock, 'after'>): AlarmClock {
  let pending = false
  let ring: (() => void) | undefined
  return {
    wake() {
      pending = true
      ring?.()
    },
    wait: (ms, signal) =>
      new Promise((resolve) => {
        const end = () => {
          pending = false
          ring = undefined
          callOff()
          signal.removeEventListener('abort', end)
          resolve()
        }
        let callOff = () => {}
        if (pending || signal.aborted) return end()
        ring = end
        signal.addEventListener('abort', end)
        if (ms !== undefined) callOff = clock.after(ms, end)
      }),
  }
}
