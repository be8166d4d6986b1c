import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { assertMigrated, migrate } from '@roomlog/db/migrate'
import { createPool } from '@roomlog/db/pool'
import type { RetentionLimits } from '@roomlog/journal'
import { createPostgresJournal, startDatabaseClock } from '@roomlog/journal/postgres'
import { type Clock, sleep } from './clock.ts'
import { createDestinations, type PolicyOf } from './destinations.ts'
import type { WriterEnv } from './env.ts'
import { startHealth } from './health.ts'
import { keepHouse } from './housekeeping.ts'
import type { Log } from './log.ts'
import { createPacer } from './pacer.ts'
import { createWriter } from './writer.ts'

const KIB = 1024
const MIB = 1024 * KIB
const GIB = 1024 * MIB
const DAY_MS = 86_400_000
const CLOCK_TICK_MS = 1_000
/** FilterLogEvents allows about 5 a second in an account; operators' own reads need some of it. */
const READ_BACK_EVERY_MS = 250

export type StartOptions = {
  /** The machine's. */
  readonly clock: Clock
  /** How long the machine has been up, suspended or not (ms). */
  readonly uptimeMs: () => number
  readonly random: () => number
  readonly log: Log
  /** @default that of the kind */
  readonly policyOf?: PolicyOf | undefined
  /** @default 250 */
  readonly readBackEveryMs?: number | undefined
}

export type RunningWriter = {
  readonly url: string
  /** Rejects when the writer fails for good. */
  readonly failed: Promise<never>
  stop(): Promise<void>
}

/** Puts a writer together from its configuration and starts it. */
export async function startWriter(
  env: WriterEnv,
  { clock: machineClock, uptimeMs, random, log, policyOf, readBackEveryMs = READ_BACK_EVERY_MS }: StartOptions,
): Promise<RunningWriter> {
  await (env.ROOMLOG_MIGRATE === 'on' ? migrate : assertMigrated)({
    url: env.DATABASE_URL,
    log: (line) => log.info({ event: 'writer.migrating' }, line),
    warn: (line) => log.warn({ event: 'writer.migrating' }, line),
  })
  const pool = createPool({
    url: env.DATABASE_URL,
    max: env.ROOMLOG_DATABASE_CONNECTIONS_MAX,
    applicationName: 'roomlog-writer',
    onError: (err) => log.warn({ event: 'database.connection.lost', err }, 'A database connection broke.'),
  })
  const time = await startDatabaseClock(pool, {
    monotonicNs: () => BigInt(Math.round(machineClock.monotonicMs() * 1_000_000)),
    wallMs: machineClock.nowMs,
    uptimeMs,
    trustDatabase: env.ROOMLOG_CLOCK === 'database',
    log,
  })
  const clock: Clock = { ...machineClock, nowMs: time.nowMs }
  const journal = await createPostgresJournal({ pool, partitionsIfNew: env.ROOMLOG_JOURNAL_PARTITIONS, time })
  const destinations = createDestinations({
    pool,
    env,
    policyOf,
    readBackTurn: createPacer(clock, readBackEveryMs),
  })
  const leaseMs = env.ROOMLOG_LEASE_SECONDS * 1_000
  const writer = createWriter({
    journal,
    destinations,
    clock,
    random,
    randomUUID,
    log,
    settings: {
      writerId: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
      leaseMs,
      rollEveryMs: Math.min(1_000, leaseMs / 4),
      pollEveryMs: env.ROOMLOG_POLL_MS,
      pollIdleEveryMs: Math.max(env.ROOMLOG_POLL_MS, 200),
      bufferBytesMax: env.ROOMLOG_BUFFER_MB * MIB,
      wholeBytesMin: 32 * KIB,
      readBytesMax: 8 * MIB,
      readsMax: 4,
      catchUpRecords: 2_000,
      turnsMax: 4,
    },
  })
  const wrong = () => [writer.ready() ? undefined : 'The database cannot be reached', time.doubt()]
  const troubles = () => [
    ...writer.incidents().map(({ status, partition, position, words: reason }) => ({
      event: `journal.${status}`,
      partition,
      position,
      reason,
    })),
    ...writer.troubles(),
  ]
  const health = await startHealth({ host: env.HOST, port: env.PORT, wrong, troubles })
  const ending = new AbortController()
  const followTime = async () => {
    // It asks the database as often as it needs to: seldom, unless there is doubt.
    for (; !ending.signal.aborted; await sleep(clock, CLOCK_TICK_MS, ending.signal)) await time.follow()
  }
  const running = Promise.all([
    writer.run(),
    followTime(),
    keepHouse(
      { journal, pool, destinations, writer, clock, time, log, retention: retentionOf(env, journal.partitions) },
      ending.signal,
    ),
  ])
  return {
    url: health.url,
    failed: running.then(() => new Promise<never>(() => {})),
    async stop() {
      ending.abort()
      await writer.stop(env.ROOMLOG_SHUTDOWN_SECONDS * 1_000)
      await running
      destinations.close()
      await health.close()
      await pool.end()
    },
  }
}

/** Rooms spread evenly over the partitions, so each gets an equal part of the size. */
function retentionOf(env: WriterEnv, partitions: number): RetentionLimits {
  return {
    keepMs: env.ROOMLOG_RETENTION_DAYS * DAY_MS,
    bytesMax: (env.ROOMLOG_RETENTION_GB * GIB) / partitions,
  }
}
