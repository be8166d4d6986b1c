import {
  AccountId,
  type DestinationKind,
  DestinationVersionId,
  LoggingConfigurationId,
  type MessageId,
  messageRecord,
  newId,
  type RoomId,
} from '@roomlog/domain'
import { createMemoryJournal, type Journal, partitionOf, toAppendId, toPartition } from '@roomlog/journal'
import type { Destinations } from '../../src/destinations.ts'
import { parseEnv } from '../../src/env.ts'
import type { Destination } from '../../src/lane/destination.ts'
import { policiesFor } from '../../src/policies.ts'
import { createWriter, type Writer } from '../../src/writer.ts'
import { seeded, uuidFrom } from './random.ts'
import { type Census, createSimulatedSink, type Fault, Store } from './stores.ts'
import { Life, SimulatedTime } from './time.ts'

export const KINDS: readonly DestinationKind[] = ['s3', 'cloudWatchLogs', 'firehose']
const PARTITIONS = 2
const ROOMS = 5
const READ_LAG_MS = 500
const LOOK_UP_MS = 20

export type Acknowledged = {
  readonly id: MessageId
  readonly roomId: RoomId
  readonly to: readonly DestinationVersionId[]
}

type Process = { readonly life: Life; readonly writer: Writer }

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** The pipeline as it runs in production, on simulated time, journal and destinations. */
export class World {
  readonly time = new SimulatedTime()
  readonly journal = createMemoryJournal({ partitions: PARTITIONS, clock: { nowMs: () => this.time.nowMs } })
  readonly census: Census = new Map()
  readonly stores: ReadonlyMap<DestinationVersionId, Store>
  readonly rooms: readonly RoomId[]
  readonly errors: unknown[] = []
  acknowledged: Acknowledged[] = []
  /** Acknowledged once, then lost with a restored database. */
  readonly lost: Acknowledged[] = []
  #random: () => number
  #processes: (Process | undefined)[] = [undefined, undefined]
  #faults = new Map<DestinationVersionId, { readonly fault: Fault; readonly share: number }>()
  #crashAt: string | undefined
  #backup = { journal: this.journal.snapshot(), acknowledged: 0 }
  #sequence = 0n

  constructor(seed: number) {
    this.#random = seeded(seed)
    this.rooms = Array.from({ length: ROOMS }, () => this.#newId())
    this.stores = new Map(
      KINDS.map((kind, n) => {
        const id = DestinationVersionId.parse(n + 1)
        const version = {
          id,
          loggingConfigurationId: LoggingConfigurationId.parse(`config00000${n}`),
          accountId: AccountId.parse('123456789012'),
          region: 'us-east-1',
          kind,
          target: kind,
        }
        return [id, new Store(version)]
      }),
    )
  }

  /** A batch of one room, acknowledged. */
  async append(room: number, count: number, destinations: number): Promise<void> {
    const roomId = this.rooms[room % ROOMS]
    if (!roomId) throw new Error('no such room')
    const to = [...this.stores.keys()].filter((_, n) => ((destinations % 7) + 1) & (1 << n))
    const partition = partitionOf(roomId, PARTITIONS)
    const records = Array.from({ length: count }, () => {
      const id = this.#newId()
      const timeMs = this.time.nowMs
      const sendTimeNs = BigInt(timeMs) * 1_000_000n + (this.#sequence++ % 1_000_000n)
      const bytes = messageRecord({ id, content: 'hi', sendTimeNs, sender: { userId: 'ann' } })
      return { roomId, id, timeMs, destinations: to, bytes }
    })
    const configVersion = await this.journal.configVersion(partition)
    const appendId = toAppendId(uuidFrom(this.#random))
    await this.journal.append({ partition, appendId, configVersion, records })
    this.acknowledged.push(...records.map(({ id }) => ({ id, roomId, to })))
  }

  start(n: number): void {
    if (this.#processes[n]) return
    const life = new Life(this.time)
    const clock = life.clock()
    const journal = fenced(this.journal, life, (point) => this.#at(point, life))
    const writer = createWriter({
      journal,
      destinations: this.#destinations(life),
      clock,
      random: this.#random,
      randomUUID: () => uuidFrom(this.#random),
      log: { ...silent, error: (facts) => this.errors.push(facts) },
      settings: {
        writerId: `writer-${n}-${uuidFrom(this.#random)}`,
        leaseMs: 8_000,
        rollEveryMs: 1_000,
        pollEveryMs: 50,
        pollIdleEveryMs: 200,
        bufferBytesMax: 64 * 1024 * 1024,
        readBytesMax: 2_000,
        readsMax: 2,
      },
    })
    this.#processes[n] = { life, writer }
    writer.run().catch((error: unknown) => this.errors.push(error))
  }

  crash(n: number): void {
    this.#processes[n]?.life.crash()
    this.#processes[n] = undefined
  }

  /** The next process that passes the point dies there. */
  crashAt(point: string): void {
    this.#crashAt = point
  }

  pause(n: number): void {
    this.#processes[n]?.life.pause()
  }

  resume(n: number): void {
    this.#processes[n]?.life.resume()
  }

  async stop(n: number): Promise<void> {
    const process = this.#processes[n]
    this.#processes[n] = undefined
    if (!process) return
    process.life.resume()
    void process.writer.stop(5_000).catch((error: unknown) => this.errors.push(error))
  }

  fault(kind: number, fault: Fault, share: number): void {
    const id = [...this.stores.keys()][kind % KINDS.length]
    if (id) this.#faults.set(id, { fault, share })
  }

  backup(): void {
    this.#backup = { journal: this.journal.snapshot(), acknowledged: this.acknowledged.length }
  }

  restore(): void {
    this.journal.restore(this.#backup.journal)
    this.lost.push(...this.acknowledged.splice(this.#backup.acknowledged))
  }

  async trim(): Promise<void> {
    for (let n = 0; n < PARTITIONS; n++) await this.journal.trim(toPartition(n), { keepMs: 600_000 })
  }

  /** No more faults, and time enough; then nothing may be pending. */
  async heal(): Promise<void> {
    this.#faults.clear()
    this.#crashAt = undefined
    for (const n of [0, 1]) this.resume(n)
    this.start(0)
    for (let n = 0; n < 360 && this.pending() > 0; n++) await this.time.advance(5_000)
  }

  /** Records that some destination still waits for. */
  pending(): number {
    return this.journal.inspect().partitions.reduce((sum, at) => sum + (at.head - at.dispatched) + at.lanes.size, 0)
  }

  end(): void {
    for (const n of [0, 1]) this.crash(n)
  }

  /** Everything that was delivered, where and when, and what was reached on the way. */
  trace(): string {
    const stores = [...this.stores.values()].map((store) => store.records().map(({ id, timeMs }) => [id, timeMs]))
    return JSON.stringify([stores, [...this.census], this.time.nowMs])
  }

  #destinations(life: Life): Destinations {
    const made = new Map<DestinationVersionId, Destination>()
    const clock = life.clock()
    return {
      get: async (id) => {
        // A query: the world goes on meanwhile.
        await clock.sleep(LOOK_UP_MS)
        const found = made.get(id)
        if (found) return found
        const store = this.stores.get(id)
        if (!store) throw new Error(`no store ${id}`)
        const destination: Destination = {
          version: store.version,
          sink: createSimulatedSink({
            store,
            life,
            time: this.time,
            census: this.census,
            readLagMs: READ_LAG_MS,
            weather: () => this.#weather(id),
            at: (point) => this.#at(point, life),
          }),
          policy: POLICIES[store.version.kind],
          limited: (task) => task(),
          readBack: (task) => task(),
        }
        made.set(id, destination)
        return destination
      },
      abandonedOf: async () => [],
      keepOnly() {},
      close() {},
    }
  }

  #weather(id: DestinationVersionId) {
    const latencyMs = Math.floor(this.#random() * 80)
    const faulty = this.#faults.get(id)
    return { latencyMs, fault: faulty && this.#random() < faulty.share ? faulty.fault : undefined }
  }

  #at(point: string, life: Life): void {
    this.census.set(`at ${point}`, (this.census.get(`at ${point}`) ?? 0) + 1)
    if (this.#crashAt !== point || life.dead) return
    this.#crashAt = undefined
    this.census.set(`crashed ${point}`, (this.census.get(`crashed ${point}`) ?? 0) + 1)
    life.crash()
    this.#processes = this.#processes.map((process) => (process?.life === life ? undefined : process))
  }

  #newId() {
    return newId((n) => Uint8Array.from({ length: n }, () => Math.floor(this.#random() * 256)))
  }
}

const env = parseEnv({
  DATABASE_URL: 'postgres://simulated',
  AWS_REGION: 'us-east-1',
  ROOMLOG_S3_FLUSH_SECONDS: '5',
  ROOMLOG_LEASE_SECONDS: '8',
  ROOMLOG_REQUEST_TIMEOUT_SECONDS: '2',
  ROOMLOG_READ_BACK_SETTLE_SECONDS: '3',
})
if (!env.ok) throw new Error(env.message)
const POLICIES = policiesFor(env.env)

/** What a process sees of the journal: nothing once it is dead, later when it is paused. */
function fenced(journal: Journal, life: Life, at: (point: string) => void): Journal {
  const through =
    <A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      at(`before ${name}`)
      if (life.dead) return new Promise<R>(() => {})
      const result = await call(...args)
      at(`after ${name}`)
      return life.seen(result)
    }
  return {
    partitions: journal.partitions,
    append: journal.append,
    configVersion: journal.configVersion,
    trim: journal.trim,
    heads: through('heads', journal.heads),
    read: through('read', journal.read),
    roll: through('roll', journal.roll),
    acquire: through('acquire', journal.acquire),
    release: through('release', journal.release),
    signOut: through('signOut', journal.signOut),
    settle: through('settle', journal.settle),
  }
}
