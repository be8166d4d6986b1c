import type { AppendOutcome, Journal } from '@roomlog/journal'
import type { Configurations } from './configurations.ts'
import type { Life } from './life.ts'
import type { SimulatedTime } from './time.ts'
import type { Witness } from './witness.ts'

export const DATABASE_FAULTS = ['away', 'lost', 'late'] as const
/** `away`: nothing happens. `lost`: done, but the answer is lost. `late`: an append is done after its caller gave up on it. */
export type DatabaseFault = (typeof DATABASE_FAULTS)[number]

export const AWAY = 'the database is away'
const LATE_MS = 700

/** The way from the processes to the database. */
export class Database {
  readonly witness: Witness
  readonly time: SimulatedTime
  readonly #random: () => number
  #fault: { readonly fault: DatabaseFault; readonly share: number } | undefined
  #latencyMaxMs = 40
  #epoch = 0

  constructor(witness: Witness, time: SimulatedTime, random: () => number) {
    this.witness = witness
    this.time = time
    this.#random = random
  }

  trouble(fault: DatabaseFault, share: number): void {
    this.#fault = { fault, share }
  }

  slow(latencyMaxMs: number): void {
    this.#latencyMaxMs = latencyMaxMs
  }

  heal(): void {
    this.#fault = undefined
    this.#latencyMaxMs = 40
  }

  /** Connections end with a restore, and what was on its way with them. */
  restarted(): void {
    this.#epoch++
  }

  latencyMs(): number {
    return Math.floor(this.#random() * this.#latencyMaxMs)
  }

  draw(): DatabaseFault | undefined {
    return this.#fault && this.#random() < this.#fault.share ? this.#fault.fault : undefined
  }

  /** Calls back after `LATE_MS`, unless the connection is gone by then. */
  later(effect: () => void): void {
    const epoch = this.#epoch
    this.time.after(LATE_MS, () => {
      if (epoch === this.#epoch) effect()
    })
  }
}

export type At = (point: string) => void

/** What a writer sees of the journal: nothing once it is dead, later when it is paused, errors while it is away. */
export function writersJournal(database: Database, life: Life, at: At): Journal {
  const { journal } = database.witness
  const through =
    <A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      at(`before ${name}`)
      if (life.dead) return new Promise<R>(() => {})
      const fault = database.draw()
      if (fault === 'away') return life.failed(new Error(AWAY))
      const result = await call(...args)
      at(`after ${name}`)
      return fault === 'lost' ? life.failed(new Error(AWAY)) : life.seen(result)
    }
  return {
    ...journal,
    heads: through('heads', journal.heads),
    read: through('read', journal.read),
    roll: through('roll', journal.roll),
    acquire: through('acquire', journal.acquire),
    release: through('release', journal.release),
    signOut: through('signOut', journal.signOut),
    settle: through('settle', journal.settle),
    report: through('report', journal.report),
    expire: through('expire', journal.expire),
  }
}

/** What an api sees of the journal. */
export function apisJournal(database: Database, configurations: Configurations, life: Life, at: At): Journal {
  const { witness, time } = database
  const owedNow = configurations.destinationsOf.bind(configurations)
  return {
    ...witness.journal,
    async append(request): Promise<AppendOutcome> {
      const fault = database.draw()
      at('before append')
      if (life.dead) return new Promise(() => {})
      await time.wait(database.latencyMs())
      if (fault === 'away') return life.seen({ status: 'unavailable', reason: AWAY })
      if (fault === 'late') {
        database.later(() => void witness.append(request, owedNow))
        return life.seen({ status: 'unknown', reason: AWAY })
      }
      const outcome = await witness.append(request, owedNow)
      at('after append')
      await time.wait(database.latencyMs())
      return life.seen(fault === 'lost' ? { status: 'unknown', reason: AWAY } : outcome)
    },
    async findKeys(names) {
      const fault = database.draw()
      at('before findKeys')
      if (life.dead) return new Promise(() => {})
      await time.wait(database.latencyMs())
      if (fault === 'away') return life.failed(new Error(AWAY))
      const found = await witness.journal.findKeys(names)
      at('after findKeys')
      return fault === 'lost' ? life.failed(new Error(AWAY)) : life.seen(found)
    },
    async configVersion(partition) {
      await time.wait(database.latencyMs())
      if (database.draw() !== undefined) return life.failed(new Error(AWAY))
      return life.seen(await witness.journal.configVersion(partition))
    },
  }
}
