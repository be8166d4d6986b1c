import type { Clock } from '../../src/clock.ts'

type Sleeper = { readonly atMs: number; readonly order: number; readonly wake: () => void }

/** Time that moves only when told to, in the order of what waits for it. */
export class SimulatedTime {
  nowMs = Date.UTC(2026, 0, 2, 3, 4, 5)
  #sleepers: Sleeper[] = []
  #order = 0

  /** Calls `wake` once `ms` have passed. */
  after(ms: number, wake: () => void): () => void {
    const sleeper = { atMs: this.nowMs + Math.max(0, ms), order: this.#order++, wake }
    this.#sleepers.push(sleeper)
    return () => {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
    }
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms
    await settled()
    for (;;) {
      const next = this.#next()
      if (!next || next.atMs > untilMs) break
      this.#sleepers = this.#sleepers.filter((other) => other !== next)
      this.nowMs = next.atMs
      next.wake()
      await settled()
    }
    this.nowMs = untilMs
  }

  #next(): Sleeper | undefined {
    let first: Sleeper | undefined
    for (const sleeper of this.#sleepers) {
      if (!first || sleeper.atMs < first.atMs || (sleeper.atMs === first.atMs && sleeper.order < first.order))
        first = sleeper
    }
    return first
  }
}

/** All promises that can go on without time passing have gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** One process's hold on the world: dead, its calls reach nothing and nothing reaches it; paused, it gets answers later. */
export class Life {
  readonly #time: SimulatedTime
  #dead = false
  #paused = false
  #held: (() => void)[] = []

  constructor(time: SimulatedTime) {
    this.#time = time
  }

  get dead(): boolean {
    return this.#dead
  }

  crash(): void {
    this.#dead = true
    this.#held = []
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    for (const go of this.#held.splice(0)) go()
  }

  /** Everything that the process gets to see passes here. */
  seen<T>(value: T): Promise<T> {
    return new Promise((resolve) => {
      if (this.#dead) return
      if (this.#paused) this.#held.push(() => resolve(value))
      else resolve(value)
    })
  }

  clock(): Clock {
    return {
      nowMs: () => this.#time.nowMs,
      monotonicMs: () => this.#time.nowMs,
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          const wake = () => {
            signal?.removeEventListener('abort', stop)
            void this.seen(undefined).then(resolve)
          }
          const cancel = this.#time.after(ms, wake)
          const stop = () => {
            cancel()
            resolve()
          }
          if (signal?.aborted) stop()
          else signal?.addEventListener('abort', stop, { once: true })
        }),
    }
  }
}
