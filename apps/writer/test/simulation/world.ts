import { type DestinationVersionId, type MessageId, newId, type RoomId } from '@roomlog/domain'
import { toAppendId } from '@roomlog/journal'
import { Api, type Submitted } from './api.ts'
import { Census } from './census.ts'
import { Configurations } from './configurations.ts'
import { AWAY, Database } from './database.ts'
import type { Life } from './life.ts'
import { seeded, uuidFrom } from './random.ts'
import type { Fault, Poison } from './sink.ts'
import { Store } from './store.ts'
import { SimulatedTime } from './time.ts'
import { Witness } from './witness.ts'
import { LEASE_MS, startWriter, type WriterProcess } from './writers.ts'

const PARTITIONS = 2
const ROOMS = 4
const WRITERS = [0, 1, 2]
/** By api: their clocks are 3 s apart. */
const SKEWS_MS = [-1_500, 1_500]

export type Delays = { readonly readLagMs: number; readonly lateMs: number }
/** Both far below the time that a read-back waits. */
export const USUAL: Delays = { readLagMs: 500, lateMs: 1_500 }

/** Everything between a client's request and what stands in the destinations, and what can be done to it. */
export class World {
  readonly time = new SimulatedTime()
  readonly census = new Census()
  readonly witness = new Witness(this.time, PARTITIONS)
  readonly stores = new Map<string, Store>()
  readonly submitted: Submitted[] = []
  readonly rooms: RoomId[] = []
  readonly configurations: Configurations
  readonly abandoned = new Set<DestinationVersionId>()
  readonly database: Database
  readonly errors: unknown[] = []
  readonly poison = new Map<MessageId, Poison>()
  /** What the run was, as far as promises differ by it. */
  readonly was = { restored: false, stolen: false }
  readonly #random: () => number
  /** Effects and reads may come later than a read-back waits. */
  readonly isLate: boolean
  readonly #delays: Delays
  readonly #writers = new Map<number, WriterProcess>()
  readonly #apis = new Map<number, Api>()
  readonly #faults = new Map<string, { readonly fault: Fault; readonly share: number }>()
  #crashAt: string | undefined
  #backup: { readonly witness: ReturnType<Witness['backup']>; readonly rooms: ReturnType<Configurations['snapshot']> }
  #turn = 0
  readonly #nextTurn = () => ++this.#turn

  constructor(seed: number, delays: Delays = USUAL) {
    this.#random = seeded(seed)
    this.#delays = delays
    this.isLate = delays !== USUAL
    for (let n = 0; n < ROOMS; n++) this.rooms.push(this.#newId())
    this.configurations = new Configurations(this.witness.journal, this.rooms, this.#nextTurn)
    this.database = new Database(this.witness, this.time, this.#random)
    this.#backup = { witness: this.witness.backup(), rooms: this.configurations.snapshot() }
  }

  /** Requests to one room, at once, through one api. */
  send(n: number, room: number, count: number, poison: Poison | undefined): void {
    const api = this.#apis.get(n) ?? this.#openApi(n)
    for (let i = 0; i < count; i++) {
      const id = this.#newId()
      if (poison && i === count >> 1) this.poison.set(id, poison)
      this.submitted.push(api.submit(id, this.room(room)))
    }
  }

  room(n: number): RoomId {
    const found = this.rooms[n % ROOMS]
    if (!found) throw new Error(`no room ${n}`)
    return found
  }

  attach(room: number, slot: number): void {
    this.configurations.attach(this.room(room), slot)
  }

  detach(room: number, slot: number): void {
    this.configurations.detach(this.room(room), slot)
  }

  /** Ends one room and opens another in its place. */
  replaceRoom(n: number): void {
    this.configurations.deleteRoom(this.room(n))
    const roomId = this.#newId()
    this.rooms[n % ROOMS] = roomId
    this.configurations.createRoom(roomId)
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
      name: `writer-${n}`,
      database: this.database,
      random: this.#random,
      at: (point, life) => this.#at(point, life),
      failed: (error) => this.errors.push(error),
      sinkTo: (id) => this.#sinkTo(id),
      abandoned: this.abandoned,
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
    await this.time.advance(LEASE_MS + 1_500)
    this.resume(n)
  }

  stop(n: number): void {
    const process = this.#writers.get(n)
    this.#writers.delete(n)
    process?.life.resume()
    process?.writer.stop(5_000).catch((error: unknown) => this.errors.push(error))
  }

  steal(partition: number): void {
    this.was.stolen = true
    this.witness.steal(partition % PARTITIONS)
  }

  /** For all destinations of a kind. */
  fault(kind: string, fault: Fault, share: number): void {
    this.#faults.set(kind, { fault, share })
  }

  async trim(keepMs: number): Promise<void> {
    for (const partition of this.witness.partitions()) {
      if ((await this.witness.journal.trim(partition, { keepMs })) > 0) this.census.count('trimmed')
    }
  }

  /** As the housekeeping of whoever holds the leases does. */
  async expire(limits: { readonly keepMs: number; readonly bytesMax: number }): Promise<void> {
    for (const { life, writer } of this.#writers.values()) {
      if (life.dead) continue
      for (const { lease } of writer.partitions()) {
        const given = await this.witness.journal.expire(lease, limits)
        if (given.length > 0) this.census.count('gave up by retention')
      }
    }
  }

  /** Gives up what is left for configurations that are being deleted. */
  abandonBacklog(): void {
    for (const id of this.configurations.deleting) {
      this.abandoned.add(id)
      this.witness.journal.abandon(id)
      this.census.count('abandoned')
    }
  }

  /** Sends a configuration's dead letters again; `cured`: what was wrong with them is right now. */
  async redrive(slot: number, cured: boolean): Promise<void> {
    const { from, to } = this.configurations.versionsAt(slot)
    if (cured) for (const letter of this.witness.journal.inspect().deadLetters) this.poison.delete(letter.id)
    const newAppendId = () => toAppendId(uuidFrom(this.#random))
    const { configVersion } = this.configurations
    const letters = await this.witness.redrive({
      from,
      to,
      letterIds: undefined,
      lettersMax: 5,
      configVersion,
      newAppendId,
    })
    this.census.count('redriven', letters)
  }

  backup(): void {
    this.#backup = { witness: this.witness.backup(), rooms: this.configurations.snapshot() }
  }

  /** To the last backup, with processes that live through it. It takes a second. */
  async restore(): Promise<void> {
    await this.time.advance(1_000)
    this.was.restored = true
    this.database.restarted()
    this.witness.restore(this.#backup.witness)
    this.configurations.restore(this.#backup.rooms)
    this.abandoned.clear()
    for (const id of this.#backup.witness.state.abandoned) this.abandoned.add(id)
  }

  /** No more faults, and time enough; then nothing may be pending. */
  async heal(): Promise<void> {
    this.#faults.clear()
    this.database.heal()
    this.#crashAt = undefined
    for (const n of WRITERS) this.resume(n)
    this.start(0)
    await this.time.advance(15_000)
    for (let n = 0; n < 120 && this.witness.pending() > 0; n++) await this.time.advance(5_000)
  }

  end(): void {
    for (const n of WRITERS) this.crash(n)
    for (const n of this.#apis.keys()) this.crashApi(n)
    for (const { outcome } of this.submitted) this.census.count(`submit ${outcome ?? 'unanswered'}`)
    this.census.count('died', this.witness.journal.inspect().deadLetters.length)
  }

  /** Errors that nothing drawn explains. */
  unexplained(): readonly string[] {
    return this.errors.map(describe).filter((error) => !error.includes(AWAY))
  }

  /** Everything that was delivered, where and when, what was answered and what was reached on the way. */
  trace(): string {
    const stores = [...this.stores.values()].map((store) => store.records().map(({ id, timeMs }) => [id, timeMs]))
    const answers = this.submitted.map(({ id, outcome, answeredTurn }) => [id, outcome, answeredTurn])
    return JSON.stringify([stores, answers, this.census.entries(), this.time.nowMs])
  }

  #openApi(n: number): Api {
    const { database, configurations } = this
    const at = (point: string) => this.#at(point, api.life)
    const turn = this.#nextTurn
    const skewMs = SKEWS_MS[n] ?? 0
    const api: Api = new Api({ database, configurations, random: this.#random, at, skewMs, turn })
    this.#apis.set(n, api)
    return api
  }

  #sinkTo(id: DestinationVersionId) {
    const version = this.configurations.versions.get(id)
    if (!version) throw new Error(`no version ${id}`)
    const { kind, target } = version
    const store = this.stores.get(target) ?? new Store(kind, target)
    this.stores.set(target, store)
    const { time, census } = this
    const weather = () => {
      const faulty = this.#faults.get(kind)
      const fault = faulty && this.#random() < faulty.share ? faulty.fault : undefined
      return { latencyMs: Math.floor(this.#random() * 80), fault }
    }
    const poisonOf = (record: MessageId) => this.poison.get(record)
    return { version, store, time, census, weather, poisonOf, random: this.#random, callRecordsMax: 5, ...this.#delays }
  }

  #at(point: string, life: Life): void {
    if (this.#crashAt !== point || life.dead) return
    this.#crashAt = undefined
    this.census.count(`crashed ${point}`)
    life.crash()
    for (const [n, process] of this.#writers) if (process.life === life) this.#writers.delete(n)
    for (const [n, api] of this.#apis) if (api.life === life) this.#apis.delete(n)
  }

  #newId() {
    return newId((n) => Uint8Array.from({ length: n }, () => Math.floor(this.#random() * 256)))
  }
}

function describe(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'err' in error) return describe(error.err)
  return error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error)
}
