import {
  AccountId,
  type DestinationKind,
  DestinationVersionId,
  LoggingConfigurationId,
  messageRecord,
  newId,
  type RoomId,
} from '@roomlog/domain'
import { type Journal, type Partition, partitionOf, toAppendId } from '@roomlog/journal'
import { createMemoryJournal } from '@roomlog/journal/memory'
import pLimit from 'p-limit'
import { parseEnv } from '../../src/env.ts'
import { KINDS } from '../../src/kinds/registry.ts'
import type { Destination } from '../../src/lane/destination.ts'
import { Refusals } from '../../src/lane/refusals.ts'
import { createWriter, type Writer } from '../../src/writer.ts'
import { Life } from '../simulation/life.ts'
import { seeded, uuidFrom } from '../simulation/random.ts'
import { SimulatedTime } from '../simulation/time.ts'
import { SlowStore } from './slow-store.ts'

const env = parseEnv({ DATABASE_URL: 'postgres://simulated', AWS_REGION: 'us-east-1' })
if (!env.ok) throw new Error(env.message)
const { env: ENV } = env
const CALLS_AT_ONCE = 16
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Writers on simulated time over one journal, with destinations that take their time. */
export function createFleet(options: {
  readonly partitions: number
  readonly kinds: readonly DestinationKind[]
  readonly callMs: number
  readonly bufferBytesMax: number
  readonly readBytesMax: number
  /** Until an answer of the journal arrives; a read is also as much later at work. */
  readonly journalMs?: number
}) {
  const time = new SimulatedTime()
  const random = seeded(1)
  const clock = new Life(time).clock()
  const journal = createMemoryJournal({ partitions: options.partitions, clock })
  const slow = async <T>(answer: Promise<T>) => {
    const value = await answer
    await time.wait(options.journalMs ?? 0)
    return value
  }
  const reached: Journal =
    options.journalMs === undefined
      ? journal
      : {
          ...journal,
          heads: (wanted) => slow(journal.heads(wanted)),
          read: async (from) => {
            await time.wait(options.journalMs ?? 0)
            return journal.read(from)
          },
        }
  const anId = () => newId((n) => Uint8Array.from({ length: n }, () => Math.floor(random() * 256)))
  const stores = new Map(
    options.kinds.map((kind, n) => [DestinationVersionId.parse(n + 1), new SlowStore(kind, time, options.callMs)]),
  )
  const destinations = new Map<DestinationVersionId, Destination>()
  for (const [id, store] of stores) {
    const limit = pLimit(CALLS_AT_ONCE)
    const version = {
      id,
      loggingConfigurationId: LoggingConfigurationId.parse(`config${String(id).padStart(6, '0')}`),
      accountId: AccountId.parse('123456789012'),
      region: 'us-east-1',
      kind: store.kind,
      target: store.kind,
    }
    destinations.set(id, {
      version,
      madeAtMs: 0,
      sink: store.sink(),
      policy: KINDS[store.kind].policy(ENV),
      refusals: new Refusals(),
      isSetAside: async () => false,
      limited: (task) => limit(task),
    })
  }

  let appended = 0

  return {
    time,
    stores: [...stores.values()],
    rooms: (count: number): RoomId[] => Array.from({ length: count }, anId),

    /** One record of each room, in one batch a partition, to every destination. */
    async append(rooms: readonly RoomId[], contentBytes = 2): Promise<void> {
      const content = 'x'.repeat(contentBytes)
      const sendTimeNs = BigInt(time.nowMs) * 1_000_000n
      const to = [...stores.keys()]
      appended += rooms.length
      const records = rooms.map((roomId) => {
        const id = anId()
        const bytes = messageRecord({ id, content, sendTimeNs, sender: { userId: 'ann' } })
        return { roomId, id, timeMs: time.nowMs, destinations: to, bytes }
      })
      const byPartition = new Map<Partition, typeof records>()
      for (const record of records) {
        const partition = partitionOf(record.roomId, options.partitions)
        const batch = byPartition.get(partition)
        if (batch) batch.push(record)
        else byPartition.set(partition, [record])
      }
      for (const [partition, batch] of byPartition) {
        const configVersion = await journal.configVersion(partition)
        await journal.append({ partition, appendId: toAppendId(uuidFrom(random)), configVersion, records: batch })
      }
    },

    start(bufferBytesMax = options.bufferBytesMax): Writer {
      const writer = createWriter({
        journal: reached,
        destinations: {
          async get(id) {
            const found = destinations.get(id)
            if (!found) throw new Error(`no destination ${id}`)
            return found
          },
          foundOf: async () => [],
          abandonedOf: async () => [],
          doubt() {},
          keepOnly() {},
          close() {},
        },
        clock,
        random,
        randomUUID: () => uuidFrom(random),
        log: silent,
        settings: {
          writerId: uuidFrom(random),
          leaseMs: 10_000,
          rollEveryMs: 1_000,
          pollEveryMs: 50,
          pollIdleEveryMs: 200,
          bufferBytesMax,
          wholeBytesMin: 1_000,
          readBytesMax: options.readBytesMax,
          readsMax: 4,
          catchUpRecords: 1_000,
          turnsMax: 2,
        },
      })
      void writer.run()
      return writer
    },

    /** Of the cycles that were begun and not settled. */
    openBytes(): number {
      return journal.inspect().partitions.reduce((sum, { lanes, batches }) => {
        const ends = [...lanes.values()].map(({ intent }) => intent ?? 0)
        const open = batches.filter(({ lastPosition }) => lastPosition <= Math.max(0, ...ends))
        return sum + open.reduce((bytes, batch) => bytes + batch.bytes.length, 0)
      }, 0)
    },

    /** Until every destination has taken all that was appended; the time it took. */
    async drain(minutesMax: number): Promise<number> {
      const fromMs = time.nowMs
      const all = [...stores.values()]
      for (let n = 0; n < 6 * minutesMax && all.some((store) => store.records < appended); n++) {
        await time.advance(10_000)
      }
      for (const store of all)
        if (store.records !== appended) throw new Error(`${store.kind} has ${store.records} of ${appended} records`)
      return time.nowMs - fromMs
    },
  }
}
