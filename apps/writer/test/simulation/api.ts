import { type IdempotencyKey, type MessageId, messageRecord, type RoomId } from '@roomlog/domain'
import { type Appender, createAppender, type Routes, type SubmitOutcome } from '@roomlog/journal'
import { sleep } from '../../src/clock.ts'
import type { Configurations } from './configurations.ts'
import { type At, AWAY, apisJournal, type Database } from './database.ts'
import { Life } from './life.ts'
import { uuidFrom } from './random.ts'

/** A request's key, and the hash of what it asks for. */
export type Once = { readonly key: IdempotencyKey; readonly hash: string }

/** A request as its client knows it. Turns are numbers that order what happens in the world. */
export type Submitted = {
  readonly id: MessageId
  readonly roomId: RoomId
  readonly turn: number
  /** Of the api that was asked. */
  readonly life: Life
  readonly once: Once | undefined
  outcome: SubmitOutcome['status'] | undefined
  /** The id that it was answered: its own, or that of the first with its key. */
  saidId: MessageId | undefined
  answeredTurn: number
}

export type ApiOptions = {
  readonly database: Database
  readonly configurations: Configurations
  readonly random: () => number
  readonly at: At
  /** Its clock runs ahead by so much. */
  readonly skewMs: number
  readonly turn: () => number
}

const LIMITS = { recordsMax: 8, waitingBytesMax: 4_000 }

/** An api process: the real appender over what it sees of the database. */
export class Api {
  readonly life: Life
  readonly #options: ApiOptions
  readonly #appender: Appender
  #sequence = 0n

  constructor(options: ApiOptions) {
    const { database, configurations, random } = options
    this.#options = options
    this.life = new Life(database.time)
    const clock = this.life.clock()
    this.#appender = createAppender({
      journal: apisJournal(database, configurations, this.life, options.at),
      routes: createRoutes(database, configurations, this.life),
      randomUUID: () => uuidFrom(random),
      nowMs: clock.monotonicMs,
      sleep: (ms) => sleep(clock, ms),
      limits: LIMITS,
    })
  }

  /** `aheadMs`: of a clock that has jumped and is believed. */
  submit(id: MessageId, roomId: RoomId, aheadMs = 0, once?: Once): Submitted {
    const { database, skewMs, turn } = this.#options
    const timeMs = database.time.nowMs + skewMs + aheadMs
    const sendTimeNs = BigInt(timeMs) * 1_000_000n + (this.#sequence++ % 1_000_000n)
    const bytes = messageRecord({ id, content: 'hi', sendTimeNs, sender: { userId: 'ann' } })
    const submitted: Submitted = {
      id,
      roomId,
      turn: turn(),
      life: this.life,
      once,
      outcome: undefined,
      saidId: undefined,
      answeredTurn: Number.NaN,
    }
    const keyed = once && { ...once, sendTime: `of ${id}` }
    void this.#appender.submit({ id, roomId, timeMs, bytes, once: keyed }).then((outcome) => {
      submitted.outcome = outcome.status
      if (outcome.status === 'recorded') submitted.saidId = id
      if (outcome.status === 'repeated') submitted.saidId = outcome.id
      submitted.answeredTurn = turn()
    })
    return submitted
  }

  close(): void {
    void this.#appender.close()
  }
}

type Known = { readonly configVersion: number; readonly destinations: ReturnType<Configurations['destinationsOf']> }

/** Rooms as the api last read them, for as long as nothing says that they have changed. */
function createRoutes(database: Database, configurations: Configurations, life: Life): Routes {
  const known = new Map<RoomId, Known>()
  let current = 0

  async function load(roomIds: readonly RoomId[]): Promise<void> {
    await database.time.wait(database.latencyMs())
    if (database.draw() !== undefined) return life.failed(new Error(AWAY))
    const { configVersion } = configurations
    const read = roomIds.map((roomId) => [roomId, configurations.destinationsOf(roomId)] as const)
    await database.time.wait(database.latencyMs())
    await life.seen(undefined)
    current = configVersion
    for (const [roomId, destinations] of read) known.set(roomId, { configVersion, destinations })
  }

  return {
    async resolve(roomIds, { atLeast }) {
      const fresh = () => roomIds.every((roomId) => known.get(roomId)?.configVersion === current)
      if ((atLeast !== 0 && atLeast !== current) || !fresh()) await load(roomIds)
      const destinations = new Map(
        roomIds.flatMap((roomId) => {
          const to = known.get(roomId)?.destinations
          return to ? [[roomId, to] as const] : []
        }),
      )
      return { configVersion: current, destinations }
    },
  }
}
