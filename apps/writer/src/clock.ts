/** Time as an argument, so that a simulation can own it. */
export type Clock = {
  /** ms since the epoch. */
  nowMs(): number
  /** Never steps; only differences mean anything. */
  monotonicMs(): number
  /** Calls `run` once `ms` have passed; returns how to call that off. */
  after(ms: number, run: () => void): () => void
}

/** Resolves after `ms`, or as soon as `signal` aborts. */
export function sleep(clock: Pick<Clock, 'after'>, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve()
      return
    }
    const end = () => {
      callOff()
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const callOff = clock.after(ms, end)
    signal?.addEventListener('abort', end)
  })
}
