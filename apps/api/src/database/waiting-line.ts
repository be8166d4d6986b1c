export type WaitingLineOptions = {
  /** Works under way at once. */
  readonly atOnce: number
  /** Works that wait; one more is refused. */
  readonly waitingMax: number
  /** Whoever has waited longer for a turn is refused. */
  readonly waitMaxMs: number
  readonly nowMs: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/** Runs works a few at once, first come first served. Rejects with `LineTooLongError` what it has not begun and will not. */
export type WaitingLine = <T>(work: () => Promise<T>) => Promise<T>

/** Too much waits already, or what is under way takes too long: the work has not begun. */
export class LineTooLongError extends Error {
  override readonly name = 'LineTooLongError'
}

const LOOK_EVERY_MS = 100

type Waiting = { readonly sinceMs: number; readonly begin: () => void; readonly refuse: () => void }

export function createWaitingLine({ atOnce, waitingMax, waitMaxMs, nowMs, sleep }: WaitingLineOptions): WaitingLine {
  // In the order of coming; a set, because taking the first of a long array copies the others.
  const waiting = new Set<Waiting>()
  let underWay = 0
  let isLooking = false

  async function refuseLate(): Promise<void> {
    if (isLooking) return
    isLooking = true
    while (waiting.size > 0) {
      await sleep(LOOK_EVERY_MS)
      for (const one of waiting) {
        if (nowMs() - one.sinceMs <= waitMaxMs) break
        waiting.delete(one)
        one.refuse()
      }
    }
    isLooking = false
  }

  function turn(): Promise<void> {
    if (underWay < atOnce) {
      underWay += 1
      return Promise.resolve()
    }
    if (waiting.size >= waitingMax) return Promise.reject(new LineTooLongError(`${waitingMax} wait already`))
    return new Promise((begin, reject) => {
      const refuse = () => reject(new LineTooLongError(`no turn came in ${waitMaxMs} ms`))
      waiting.add({ sinceMs: nowMs(), begin, refuse })
      void refuseLate()
    })
  }

  function leave(): void {
    const [next] = waiting
    if (next === undefined) {
      underWay -= 1
      return
    }
    // The turn goes on to the next one.
    waiting.delete(next)
    next.begin()
  }

  return async (work) => {
    await turn()
    try {
      return await work()
    } finally {
      leave()
    }
  }
}
