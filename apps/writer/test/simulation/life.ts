import type { Clock } from '../../src/clock.ts'
import type { SimulatedTime } from './time.ts'

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
    return new Promise((resolve) => this.#pass(() => resolve(value)))
  }

  /** The same for a call that failed. */
  failed(error: Error): Promise<never> {
    return new Promise((_, reject) => this.#pass(() => reject(error)))
  }

  /** The process's clock may be off; what it measures is not. */
  clock(skewMs = 0): Clock {
    return {
      nowMs: () => this.#time.nowMs + skewMs,
      monotonicMs: () => this.#time.nowMs,
      after: (ms, run) => {
        let isOff = false
        const callOff = this.#time.after(ms, () => this.#pass(() => isOff || run()))
        return () => {
          isOff = true
          callOff()
        }
      },
    }
  }

  #pass(go: () => void): void {
    if (this.#dead) return
    if (this.#paused) this.#held.push(go)
    else go()
  }
}
