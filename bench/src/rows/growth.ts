import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { DestinationVersionId } from '@roomlog/domain'
import { createAppender } from '@roomlog/journal'
import { isDrained } from '@roomlog/journal/testing'
import { createRecordSource, roomsOf } from '../generator/records.ts'
import { startWriter } from '../measure/apps.ts'
import { addConfiguration, addRooms, openDatabase, pointFirstVersionAt, undeliver } from '../measure/database.ts'
import { cpuSecondsOf } from '../measure/proc.ts'
import { until } from '../measure/wait.ts'
import { KINDS, type Kind } from '../server/ledger.ts'
import { type Bench, PATIENCE_MS, ROOMS } from './bench.ts'
import { drain } from './drain.ts'
import type { Row } from './row.ts'
import { BACKLOG_AGE_MS, fill } from './writer.ts'

const PER_SECOND = 1_000
const SECONDS = 20
const WARM_UP_SECONDS = 5
const TICK_MS = 10
const ROOMS_TIMES = 10
const IDLE_CONFIGURATIONS = 1_000
const IDLE_ROOMS = 50_000

/** Ten times the rooms at the same steady pace: CPU a message over that with few rooms. */
export async function measureRooms(bench: Bench, done: (row: Row) => void): Promise<void> {
  const details: Record<string, number> = {}
  for (const kind of KINDS) {
    const [few, many] = [await steady(bench, kind, ROOMS), await steady(bench, kind, ROOMS * ROOMS_TIMES)]
    details[`${kind}Few`] = few
    details[`${kind}Many`] = many
    details[`${kind}Ratio`] = many / few
  }
  done({ name: 'growth.rooms', records: PER_SECOND * SECONDS, runs: 1, details })
}

/** A drain with 1,000 idle logging configurations and 50,000 idle rooms beside it, over one without. */
export async function measureIdle(bench: Bench, done: (row: Row) => void): Promise<void> {
  const database = await openDatabase(bench.postgres, 'bench_idle')
  try {
    const filled = await fill(bench, database, 3)
    const drained = async () => {
      await undeliver(database.pool, BACKLOG_AGE_MS)
      const { cpuSeconds, postgresCpuSeconds } = await drain(bench, database, { kinds: KINDS, filled, profile: 'idle' })
      return cpuSeconds + postgresCpuSeconds
    }
    bench.progress('growth.idle: without')
    const without = await drained()
    bench.progress(`growth.idle: with ${IDLE_CONFIGURATIONS} configurations and ${IDLE_ROOMS} rooms`)
    for (let n = 0; n < IDLE_CONFIGURATIONS; n++) {
      await addConfiguration(database.pool, `idle${String(n).padStart(8, '0')}`, KINDS[n % 3] ?? 's3')
    }
    await addRooms(database.pool, roomsOf(bench.seed + 1, IDLE_ROOMS))
    const withIdle = await drained()
    done({
      name: 'growth.idle',
      records: filled.records,
      runs: 1,
      details: { without, withIdle, ratio: withIdle / without },
    })
  } finally {
    await database.close()
  }
}

/** CPU s of the writer per million messages of a steady flow into the journal. */
async function steady(bench: Bench, kind: Kind, rooms: number): Promise<number> {
  bench.progress(`growth.rooms: ${kind}, ${rooms} rooms`)
  const database = await openDatabase(bench.postgres, 'bench_growth')
  await pointFirstVersionAt(database.pool, kind)
  await bench.server.reset()
  const writer = await startWriter({
    databaseUrl: database.url,
    endpoint: bench.server.url,
    settings: { ...bench.settings, ROOMLOG_S3_FLUSH_SECONDS: '10' },
    profile: bench.profile && `${bench.profile}/growth.${kind}.${rooms}`,
  })
  try {
    const destinations = [DestinationVersionId.parse(1)]
    const appender = createAppender({
      journal: database.journal,
      routes: {
        resolve: async (roomIds) => ({
          configVersion: 1,
          destinations: new Map(roomIds.map((id) => [id, destinations])),
        }),
      },
      randomUUID,
      nowMs: () => performance.now(),
      sleep: (ms) => sleep(ms),
    })
    const send = async (seconds: number) => {
      const source = createRecordSource({ seed: bench.seed, rooms: roomsOf(bench.seed, rooms), startMs: Date.now() })
      const startedAtMs = performance.now()
      for (let sent = 0; sent < seconds * PER_SECOND; await sleep(TICK_MS)) {
        const due = Math.min(seconds * PER_SECOND, ((performance.now() - startedAtMs) / 1_000) * PER_SECOND)
        for (; sent < due; sent++) void appender.submit(source.next())
      }
    }
    await send(WARM_UP_SECONDS)
    await until('the warm-up is delivered', PATIENCE_MS, () => isDrained(database.pool))
    const before = cpuSecondsOf(writer.pid)
    await send(SECONDS)
    await until('all is delivered', PATIENCE_MS, () => isDrained(database.pool))
    await appender.close()
    return ((cpuSecondsOf(writer.pid) - before) / (SECONDS * PER_SECOND)) * 1_000_000
  } finally {
    await writer.stop()
    await database.close()
  }
}
