import type { DestinationVersionId } from '@roomlog/domain'
import { sleep } from '../../src/clock.ts'
import type { Destinations } from '../../src/destinations.ts'
import { parseEnv } from '../../src/env.ts'
import { KINDS } from '../../src/kinds/registry.ts'
import type { Destination } from '../../src/lane/destination.ts'
import { Refusals } from '../../src/lane/refusals.ts'
import { createWriter, type Writer } from '../../src/writer.ts'
import { type At, type Database, writersJournal } from './database.ts'
import { Life } from './life.ts'
import { uuidFrom } from './random.ts'
import type { SimulatedSinkOptions } from './sink.ts'
import { createSimulatedSink } from './sink.ts'

export const LEASE_MS = 8_000
const LOOK_UP_MS = 20

export type WriterProcess = { readonly life: Life; readonly writer: Writer }

export type WriterOptions = {
  readonly name: string
  readonly database: Database
  readonly random: () => number
  readonly at: (point: string, life: Life) => void
  readonly failed: (error: unknown) => void
  readonly told: (event: string) => void
  /** What a sink to the version needs besides the process's own. */
  readonly sinkTo: (id: DestinationVersionId) => Omit<SimulatedSinkOptions, 'life' | 'at'> & {
    readonly isSetAside: Destination['isSetAside']
    readonly madeAtMs: number
  }
  readonly abandoned: ReadonlySet<DestinationVersionId>
}

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** A writer process: the real pipeline on what it sees of the world. */
export function startWriter(options: WriterOptions): WriterProcess {
  const { name, database, random, failed } = options
  const life = new Life(database.time)
  const at: At = (point) => options.at(point, life)
  const randomUUID = () => uuidFrom(random)
  /** Whether it is told about a destination, which is no failure of the writer. */
  const tell = (facts: object) => {
    const event = 'event' in facts ? String(facts.event) : ''
    options.told(event)
    return event.startsWith('destination.') || event === 'record.buried'
  }
  const writer = createWriter({
    journal: writersJournal(database, life, at),
    destinations: createDestinations(options, life, at),
    clock: life.clock(),
    random,
    randomUUID,
    log: { ...silent, info: tell, error: (facts) => tell(facts) || failed(facts) },
    settings: {
      writerId: `${name}-${randomUUID()}`,
      leaseMs: LEASE_MS,
      rollEveryMs: 1_000,
      pollEveryMs: 100,
      pollIdleEveryMs: 400,
      bufferBytesMax: 64 * 1024 * 1024,
      // Some batches are kept as they are, others copied.
      wholeBytesMin: 500,
      readBytesMax: 2_000,
      readsMax: 2,
      catchUpRecords: 4,
      turnsMax: 1,
    },
  })
  writer.run().catch(failed)
  return { life, writer }
}

function createDestinations({ sinkTo, abandoned, random }: WriterOptions, life: Life, at: At): Destinations {
  const made = new Map<DestinationVersionId, Destination>()
  const clock = life.clock()
  // Another version of the writer, or another's settings.
  const times = random() < 0.5 ? 1 : 2
  return {
    get: async (id) => {
      // A query: the world goes on meanwhile.
      await sleep(clock, Math.floor(random() * LOOK_UP_MS))
      if (abandoned.has(id)) return 'abandoned'
      const found = made.get(id)
      if (found) return found
      const { isSetAside, madeAtMs, ...options } = sinkTo(id)
      const destination: Destination = {
        version: options.version,
        madeAtMs,
        sink: createSimulatedSink({ ...options, life, at }),
        policy: {
          ...KINDS[options.version.kind].policy(ENV),
          cycleRecordsMax: times * CYCLE_RECORDS_MAX[options.version.kind],
        },
        refusals: new Refusals(),
        isSetAside,
        limited: (task) => task(),
      }
      made.set(id, destination)
      return destination
    },
    foundOf: async () => [],
    abandonedOf: async (ids) => ids.filter((id) => abandoned.has(id)),
    doubt() {},
    keepOnly() {},
    close() {},
  }
}

const env = parseEnv({
  DATABASE_URL: 'postgres://simulated',
  AWS_REGION: 'us-east-1',
  ROOMLOG_S3_FLUSH_SECONDS: '5',
  ROOMLOG_S3_REQUEST_TIMEOUT_SECONDS: '2',
  ROOMLOG_LEASE_SECONDS: String(LEASE_MS / 1_000),
  ROOMLOG_REQUEST_TIMEOUT_SECONDS: '2',
  ROOMLOG_READ_BACK_SETTLE_SECONDS: '3',
})
if (!env.ok) throw new Error(env.message)
const { env: ENV } = env
/** So few that several cycles' worth waits in a lane now and then. */
const CYCLE_RECORDS_MAX = { s3: 40, cloudWatchLogs: 8, firehose: 4 }
