import { type DestinationVersionId, IdempotencyKey, type MessageId, newId, type RoomId } from '@roomlog/domain'
import type { Once, Submitted } from './api.ts'
import { Census } from './census.ts'
import { Configurations } from './configurations.ts'
import { AWAY, Database } from './database.ts'
import type { Fault } from './faults.ts'
import { Processes } from './processes.ts'
import { seeded } from './random.ts'
import type { Poison } from './sink.ts'
import { Store } from './store.ts'
import { SimulatedTime } from './time.ts'
import { Witness } from './witness.ts'

const PARTITIONS = 2
const ROOMS = 4
/** One hash is of what is asked for, the other of something else. */
const HASH = '0'.repeat(64)
const OTHER_HASH = '1'.repeat(64)

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
  readonly processes: Processes
  readonly poison = new Map<MessageId, Poison>()
  /** Also what was cured since. */
  readonly everPoison = new Set<MessageId>()
  /** A person looks at what is held, and sets aside what is at fault. */
  #isLookedAfter = false
  /** What the run was, as far as promises differ by it. */
  readonly was = { restored: false, stolen: false }
  readonly random: () => number
  /** Effects and reads may come later than a read-back waits. */
  readonly isLate: boolean
  readonly #delays: Delays
  readonly #faults = new Map<string, { readonly fault: Fault; readonly share: number }>()
  #backup: { readonly witness: ReturnType<Witness['backup']>; readonly rooms: ReturnType<Configurations['snapshot']> }
  #turn = 0
  readonly #nextTurn = () => ++this.#turn

  constructor(seed: number, delays: Delays = USUAL) {
    this.random = seeded(seed)
    this.#delays = delays
    this.isLate = delays !== USUAL
    for (let n = 0; n < ROOMS; n++) this.rooms.push(this.#newId())
    this.configurations = new Configurations(this.witness.journal, this.rooms, this.#nextTurn)
    this.database = new Database(this.witness, this.time, this.random)
    this.processes = new Processes({
      database: this.database,
      configurations: this.configurations,
      census: this.census,
      random: this.random,
      turn: this.#nextTurn,
      sinkTo: (id) => this.#sinkTo(id),
      abandoned: this.abandoned,
    })
    this.#backup = { witness: this.witness.backup(), rooms: this.configurations.snapshot() }
  }

  /** Requests to one room, at once, through one api; `aheadMs` is what its clock has jumped by. */
  send(n: number, room: number, count: number, poison: Poison | undefined, aheadMs = 0): void {
    const api = this.processes.api(n)
    for (let i = 0; i < count; i++) {
      const id = this.#newId()
      if (poison && i === count >> 1) {
        this.poison.set(id, poison)
        this.everPoison.add(id)
      }
      this.submitted.push(api.submit(id, this.room(room), aheadMs))
    }
  }

  /** Requests with keys of their own, each through one api or, at once, through both. */
  sendKeyed(n: number, room: number, count: number, twice: boolean): void {
    for (let i = 0; i < count; i++) {
      const once = { key: IdempotencyKey.parse(`k${this.submitted.length}`), hash: HASH }
      for (const api of twice ? [n, n + 1, n] : [n]) this.#submitKeyed(api, this.room(room), once)
    }
  }

  /** Asks for one of the last requests with a key again, or for something else under its key. */
  askAgain(n: number, back: number, other: boolean): void {
    const first = this.submitted.filter(({ once }) => once !== undefined).at(-1 - back)
    if (first?.once === undefined) return
    this.#submitKeyed(n, first.roomId, other ? { ...first.once, hash: OTHER_HASH } : first.once)
  }

  #submitKeyed(n: number, roomId: RoomId, once: Once): void {
    this.submitted.push(this.processes.api(n % 2).submit(this.#newId(), roomId, 0, once))
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

  /** For all destinations of a kind. */
  fault(kind: string, fault: Fault, share: number): void {
    this.#faults.set(kind, { fault, share })
  }

  /** The operator's command, for whatever is damaged. */
  setAside(): void {
    const known = new Set<number>(this.configurations.versions.keys())
    this.census.count(
      'set aside',
      this.witness.setAside((id) => known.has(id)),
    )
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
    this.#isLookedAfter = true
    this.database.heal()
    this.witness.clockOffMs = 0
    this.processes.heal()
    this.setAside()
    await this.time.advance(15_000)
    for (let n = 0; n < 120 && this.witness.pending() > 0; n++) await this.time.advance(5_000)
  }

  end(): void {
    this.processes.end()
    for (const { outcome } of this.submitted) this.census.count(`submit ${outcome ?? 'unanswered'}`)
    this.census.count('died', this.witness.journal.inspect().deadLetters.length)
  }

  /** Errors that nothing drawn explains. */
  unexplained(): readonly string[] {
    const explained = [AWAY, ...(this.census.of('damaged') > 0 ? ['journal.damaged'] : [])]
    return this.processes.errors.map(describe).filter((error) => !explained.some((why) => error.includes(why)))
  }

  /** Everything that was delivered, where and when, what was answered and what was reached on the way. */
  trace(): string {
    const stores = [...this.stores.values()].map((store) => store.records().map(({ id, timeMs }) => [id, timeMs]))
    const answers = this.submitted.map(({ id, outcome, answeredTurn }) => [id, outcome, answeredTurn])
    return JSON.stringify([stores, answers, this.census.entries(), this.time.nowMs])
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
      const fault = faulty && this.random() < faulty.share ? faulty.fault : undefined
      return { latencyMs: Math.floor(this.random() * 80), fault }
    }
    const poisonOf = (record: MessageId) => this.poison.get(record)
    const isSetAside = async (id: MessageId) => this.#isLookedAfter && this.poison.has(id)
    const madeAtMs = [...this.configurations.versions.keys()].indexOf(id)
    const about = { version, madeAtMs, store, time, census, weather, poisonOf, isSetAside }
    return { ...about, random: this.random, callRecordsMax: 5, ...this.#delays }
  }

  #newId() {
    return newId((n) => Uint8Array.from({ length: n }, () => Math.floor(this.random() * 256)))
  }
}

function describe(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'err' in error) return describe(error.err)
  return error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error)
}
