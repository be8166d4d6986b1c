/** Time as an argument, so that a simulation can own it. */
export type Clock = {
  /** ms since the epoch. */
  nowMs(): number
  /** Never steps; only differences mean anything. */
  monotonicMs(): number
  /** Resolves after `ms`, or as soon as `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
