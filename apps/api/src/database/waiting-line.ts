import pLimit from 'p-limit'

export type WaitingLineOptions = {
  /** Works under way at once. */
  readonly atOnce: number
  /** Works that wait; one more is refused. */
  readonly waitingMax: number
  /** Whoever has waited longer when its turn comes is refused: its caller has given up, most likely. */
  readonly waitMaxMs: number
  readonly nowMs: () => number
}

/** Runs works a few at once, first come first served. Rejects with `LineTooLongError` what it has not begun and will not. */
export type WaitingLine = <T>(work: () => Promise<T>) => Promise<T>

/** Too much waits already, or what is under way takes too long: the work has not begun. */
export class LineTooLongError extends Error {
  override readonly name = 'LineTooLongError'
}

/** Each work must end by itself, or those behind it wait for ever. */
export function createWaitingLine({ atOnce, waitingMax, waitMaxMs, nowMs }: WaitingLineOptions): WaitingLine {
  const limit = pLimit(atOnce)
  return async (work) => {
    if (limit.activeCount + limit.pendingCount >= atOnce + waitingMax) {
      throw new LineTooLongError(`${waitingMax} wait already`)
    }
    const sinceMs = nowMs()
    return limit(() => {
      if (nowMs() - sinceMs > waitMaxMs) throw new LineTooLongError(`no turn came in ${waitMaxMs} ms`)
      return work()
    })
  }
}
