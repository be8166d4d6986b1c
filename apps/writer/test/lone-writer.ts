import {
  AccountId,
  type DestinationKind,
  DestinationVersionId,
  LoggingConfigurationId,
  type MessageId,
  messageRecord,
  newId,
} from '@roomlog/domain'
import { type Journal, toAppendId, toLeaseToken, toPartition, toPosition } from '@roomlog/journal'
import { createMemoryJournal } from '@roomlog/journal/memory'
import type { Sink } from '@roomlog/sinks'
import { sleep } from '../src/clock.ts'
import { parseEnv } from '../src/env.ts'
import { KINDS } from '../src/kinds/registry.ts'
import { Refusals } from '../src/lane/refusals.ts'
import { createWriter } from '../src/writer.ts'
import { seeded, uuidFrom } from './simulation/random.ts'
import { SimulatedTime } from './simulation/time.ts'

const env = parseEnv({ DATABASE_URL: 'postgres://simulated', AWS_REGION: 'us-east-1' })
if (!env.ok) throw new Error(env.message)
const { env: parsed } = env
const HERE = toPartition(0)
const START = toPosition(0)
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Writers, one after the other, on simulated time and a journal of one partition; destination versions share one target. */
export function loneWriters(kind: DestinationKind, write: (version: number, ids: readonly MessageId[]) => WriteEnd) {
  const time = new SimulatedTime()
  const random = seeded(1)
  const clock = {
    nowMs: () => time.nowMs,
    monotonicMs: () => time.nowMs,
    after: (ms: number, run: () => void) => time.after(ms, run),
  }
  const journal = createMemoryJournal({ partitions: 1, clock })
  const leases = { canBeExtended: true }
  /** How late the journal answers that progress is written. */
  const late = { settleMs: 0 }
  const reachable: Journal = {
    ...journal,
    async settle(lease, change) {
      const settled = await journal.settle(lease, change)
      await sleep(clock, late.settleMs)
      return settled
    },
    roll: (writer) => (leases.canBeExtended ? journal.roll(writer) : Promise.reject(new Error('no answer'))),
  }
  const anId = () => newId((n) => Uint8Array.from({ length: n }, () => Math.floor(random() * 256)))
  const roomId = anId()

  function destination(id: DestinationVersionId) {
    const sink: Sink = {
      kind,
      limits: { recordsMax: 500, bytesMax: 1e6, overheadBytes: 0, recordBytesMax: 1e6, spanMaxMs: 86_400_000 },
      write: async (records) =>
        write(
          id,
          Array.from(records, (record) => record.id),
        ),
      check: async () => ({ status: 'ok' }),
    }
    const version = {
      id,
      loggingConfigurationId: LoggingConfigurationId.parse('config000001'),
      accountId: AccountId.parse('123456789012'),
      region: 'us-east-1',
      kind,
      target: 'target',
    }
    const now = <T>(task: () => Promise<T>) => task()
    const isSetAside = async () => false
    // Ids are drawn at random: here the later one has the smaller id.
    const madeAtMs = -id
    return {
      version,
      madeAtMs,
      sink,
      policy: KINDS[kind].policy(parsed),
      refusals: new Refusals(),
      isSetAside,
      limited: now,
    }
  }

  return {
    time,
    leases,
    late,
    /** Of what is delivered, over all destination versions. */
    delivered: () => journal.inspect().totals.reduce((sum, { delivered }) => sum + delivered, 0),
    /** Leaves a row for a destination version that is settled to the head, as retention does. */
    async giveUp(version: number): Promise<void> {
      const lease = { partition: HERE, token: toLeaseToken(uuidFrom(random)) }
      await journal.acquire({ ...lease, writerId: 'retention', ttlMs: 1_000 })
      const { head = START, appendId } = (await journal.heads([HERE])).get(HERE) ?? {}
      const destinationVersionId = DestinationVersionId.parse(version)
      const row = { destinationVersionId, checkpoint: head, checkpointAppendId: appendId, intent: undefined }
      const flowing = { sending: true, state: 'flowing', lastError: undefined, nextProbeAtMs: undefined } as const
      await journal.settle(lease, {
        revision: 0,
        dispatched: { position: head, appendId },
        lanes: [{ ...row, ...flowing }],
        closed: [],
        deadLetters: [],
        totals: [],
      })
      await journal.release([lease])
    },
    /** Journals a record for a destination version. */
    async append(version: number): Promise<MessageId> {
      const id = anId()
      const sendTimeNs = BigInt(time.nowMs) * 1_000_000n
      const bytes = messageRecord({ id, content: 'hi', sendTimeNs, sender: { userId: 'ann' } })
      const destinations = [DestinationVersionId.parse(version)]
      const records = [{ roomId, id, timeMs: time.nowMs, destinations, bytes }]
      const configVersion = await journal.configVersion(HERE)
      await journal.append({ partition: HERE, appendId: toAppendId(uuidFrom(random)), configVersion, records })
      return id
    },
    start() {
      const made = new Map<DestinationVersionId, ReturnType<typeof destination>>()
      const writer = createWriter({
        journal: reachable,
        destinations: {
          async get(id) {
            const found = made.get(id) ?? destination(id)
            made.set(id, found)
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
          leaseMs: 30_000,
          rollEveryMs: 1_000,
          pollEveryMs: 50,
          pollIdleEveryMs: 200,
          bufferBytesMax: 64 * 1024 * 1024,
          wholeBytesMin: 1_000,
          readBytesMax: 1_000_000,
          readsMax: 2,
          catchUpRecords: 100,
          turnsMax: 2,
        },
      })
      const running = writer.run()
      /** Stops it as SIGTERM does. */
      return async () => {
        const stopped = writer.stop(10_000)
        await time.advance(10_000)
        await Promise.all([running, stopped])
      }
    },
  }
}

type WriteEnd = Awaited<ReturnType<Sink['write']>>
