import type { DestinationVersionId } from '@roomlog/domain'
import type { HeldLease } from '@roomlog/journal'
import { Api } from './api.ts'
import type { Census } from './census.ts'
import type { Configurations } from './configurations.ts'
import type { Database } from './database.ts'
import type { Life } from './life.ts'
import { LEASE_MS, startWriter, type WriterOptions, type WriterProcess } from './writers.ts'

const WRITERS = [0, 1, 2]
/** By api: their clocks are 3 s apart. */
const SKEWS_MS = [-1_500, 1_500]

export type ProcessesOptions = {
  readonly database: Database
  readonly configurations: Configurations
  readonly census: Census
  readonly random: () => number
  readonly turn: () => number
  readonly sinkTo: WriterOptions['sinkTo']
  readonly abandoned: ReadonlySet<DestinationVersionId>
}

/** The apis and writers that run now, by number, and what can happen to them. */
export class Processes {
  readonly errors: unknown[] = []
  readonly #options: ProcessesOptions
  readonly #writers = new Map<number, WriterProcess>()
  readonly #apis = new Map<number, Api>()
  #crashAt: string | undefined

  constructor(options: ProcessesOptions) {
    this.#options = options
  }

  api(n: number): Api {
    const found = this.#apis.get(n)
    if (found) return found
    const at = (point: string) => this.#at(point, api.life)
    const api: Api = new Api({ ...this.#options, at, skewMs: SKEWS_MS[n] ?? 0 })
    this.#apis.set(n, api)
    return api
  }

  crashApi(n: number): void {
    this.#apis.get(n)?.life.crash()
    this.#apis.delete(n)
  }

  closeApi(n: number): void {
    this.#apis.get(n)?.close()
    this.#apis.delete(n)
  }

  start(n: number): void {
    if (this.#writers.has(n)) return
    const writer = startWriter({
      ...this.#options,
      name: `writer-${n}`,
      at: (point, life) => this.#at(point, life),
      failed: (error) => this.errors.push(error),
      told: (event) => this.#options.census.count(`told ${event}`),
    })
    // It may have been killed at its first call already.
    if (!writer.life.dead) this.#writers.set(n, writer)
  }

  crash(n: number): void {
    this.#writers.get(n)?.life.crash()
    this.#writers.delete(n)
  }

  /** The next process that passes the point dies there. */
  crashAt(point: string): void {
    this.#crashAt = point
  }

  pause(n: number): void {
    this.#writers.get(n)?.life.pause()
  }

  resume(n: number): void {
    this.#writers.get(n)?.life.resume()
  }

  /** Long enough that another takes over, then continued. */
  async pauseBeyondLease(n: number): Promise<void> {
    this.pause(n)
    await this.#options.database.time.advance(LEASE_MS + 1_500)
    this.resume(n)
  }

  stop(n: number): void {
    const process = this.#writers.get(n)
    this.#writers.delete(n)
    process?.life.resume()
    process?.writer.stop(5_000).catch((error: unknown) => this.errors.push(error))
  }

  /** Leases that writers believe to hold. */
  leases(): readonly HeldLease[] {
    return [...this.#writers.values()].flatMap(({ writer }) => writer.partitions().map(({ lease }) => lease))
  }

  /** Nobody dies any more, nobody sleeps, and somebody works. */
  heal(): void {
    this.#crashAt = undefined
    for (const n of WRITERS) this.resume(n)
    this.start(0)
  }

  end(): void {
    for (const n of WRITERS) this.crash(n)
    for (const n of this.#apis.keys()) this.crashApi(n)
  }

  #at(point: string, life: Life): void {
    if (this.#crashAt !== point || life.dead) return
    this.#crashAt = undefined
    this.#options.census.count(`crashed ${point}`)
    life.crash()
    for (const [n, process] of this.#writers) if (process.life === life) this.#writers.delete(n)
    for (const [n, api] of this.#apis) if (api.life === life) this.#apis.delete(n)
  }
}
