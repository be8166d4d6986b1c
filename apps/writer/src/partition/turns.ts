import pLimit from 'p-limit'

/**
 * Partitions that catch up read in turn, a few at once: each has memory for a large piece then, which its lanes share and
 * send in large cycles. All at once would have small ones only.
 */
export type Turns = {
  /** Resolves when it is this one's turn, in the order of asking; at once when told to stop. The answer ends the turn. */
  take(signal: AbortSignal): Promise<() => void>
}

export function createTurns(atOnce: number): Turns {
  const limit = pLimit(atOnce)
  return {
    take: (signal) =>
      new Promise((resolve) => {
        const stopped = () => resolve(() => {})
        signal.addEventListener('abort', stopped)
        void limit(async () => {
          signal.removeEventListener('abort', stopped)
          if (signal.aborted) stopped()
          else await new Promise<void>((end) => resolve(end))
        })
      }),
  }
}

/** The turns of one partition: one read each, and until its lanes are ready for the next. */
export class Turn {
  readonly #turns: Turns
  readonly #signal: AbortSignal
  #end = () => {}
  #isUnused = false

  constructor(turns: Turns, signal: AbortSignal) {
    this.#turns = turns
    this.#signal = signal
  }

  /** Whether a turn is there for a read. If not, resolves with the next one: by then, another read may be due. */
  async use(): Promise<boolean> {
    if (this.#isUnused) {
      this.#isUnused = false
      return true
    }
    this.end()
    this.#end = await this.#turns.take(this.#signal)
    this.#isUnused = true
    return false
  }

  end(): void {
    this.#end()
    this.#isUnused = false
  }
}
