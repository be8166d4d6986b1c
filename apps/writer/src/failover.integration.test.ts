import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPool } from '@roomlog/db'
import { migrate } from '@roomlog/db/migrate'
import { DestinationVersionId, messageRecord, newId, type RoomId } from '@roomlog/domain'
import { type FailoverPair, startFailoverPair } from '@roomlog/embedded-postgres'
import { type Appender, createAppender, toPartition } from '@roomlog/journal'
import { createPostgresJournal } from '@roomlog/journal/postgres'
import { lanes } from '@roomlog/journal/testing'
import type pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Pipeline, startPipeline, TARGETS } from '../test/pipeline.ts'

const DESTINATIONS = [1, 2].map((id) => DestinationVersionId.parse(id))
const ROOMS = Array.from({ length: 6 }, () => newId(randomBytes))
let dataDir: string
let pair: FailoverPair
let pool: pg.Pool
let pipeline: Pipeline
let appender: Appender

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'roomlog-failover-'))
  pipeline = await startPipeline()
  pair = await startFailoverPair({ dataDir, synchronous: false, prepare })
  pool = createPool({ url: pair.url, max: 4, applicationName: 'test' })
  const journal = await createPostgresJournal({ pool })
  appender = createAppender({
    journal,
    routes: {
      resolve: async (rooms) => ({
        configVersion: await journal.configVersion(toPartition(0)),
        destinations: new Map(rooms.map((room) => [room, DESTINATIONS])),
      }),
    },
    randomUUID,
    nowMs: () => performance.now(),
    sleep: (ms) => sleep(ms),
  })
}, 120_000)
afterAll(async () => {
  await pool?.end()
  await pair?.close()
  await pipeline?.close()
  await rm(dataDir, { recursive: true, force: true })
})

async function prepare(url: string): Promise<void> {
  await migrate({ url })
  const first = createPool({ url, max: 1, applicationName: 'test' })
  await createPostgresJournal({ pool: first, partitionsIfNew: 4 })
  await first.query(`insert into account (id) values ('123456789012')`)
  await first.query(
    `insert into destination_version (logging_configuration_id, account_id, region, kind, target)
     values ('configurati1', '123456789012', 'us-east-1', 's3', $1), ('configurati2', '123456789012', 'us-east-1', 'cloudWatchLogs', $2)`,
    [TARGETS.s3, TARGETS.cloudWatchLogs],
  )
  await first.end()
}

/** Sends until so many are acknowledged; their ids by room, in order. */
async function send(count: number): Promise<ReadonlyMap<RoomId, readonly string[]>> {
  const acknowledged = new Map<RoomId, string[]>(ROOMS.map((room) => [room, []]))
  const sendTo = async (roomId: RoomId, ids: string[]) => {
    while (ids.length < count) {
      const id = newId(randomBytes)
      const timeMs = Date.now()
      const sendTimeNs = BigInt(timeMs) * 1_000_000n
      const bytes = messageRecord({ id, content: `of ${roomId}`, sendTimeNs, sender: { userId: 'ann' } })
      const { status } = await appender.submit({ roomId, id, timeMs, bytes })
      if (status === 'recorded') ids.push(id)
      await sleep(5)
    }
  }
  await Promise.all([...acknowledged].map(([room, ids]) => sendTo(room, ids)))
  return acknowledged
}

async function missingIn(kind: 's3' | 'cloudWatchLogs', ids: readonly string[]): Promise<number> {
  const there = new Set(await pipeline.idsIn(kind))
  return ids.filter((id) => !there.has(id)).length
}

it('an asynchronous standby that was behind takes over: living writers notice, repeat nothing in S3, and deliver all it has', async () => {
  const variables = { DATABASE_URL: pair.url, ROOMLOG_REQUEST_TIMEOUT_SECONDS: '1', ROOMLOG_LEASE_SECONDS: '3' }
  const writers = [await pipeline.start(variables), await pipeline.start(variables)]
  const kept = await send(40)
  const replayed = 'select bool_and(replay_lsn >= pg_current_wal_lsn()) as all from pg_stat_replication'
  await expect.poll(async () => (await pool.query(replayed)).rows[0].all, { timeout: 20_000 }).toBe(true)
  await pair.stopStandby()
  const lost = await send(30)
  // Delivered, and then unknown to the database.
  await expect.poll(() => missingIn('s3', [...lost.values()].flat()), { timeout: 20_000, interval: 200 }).toBe(0)
  await pair.failOver()
  const after = await send(40)

  const owed = ROOMS.flatMap((room) => [...(kept.get(room) ?? []), ...(after.get(room) ?? [])])
  for (const kind of ['s3', 'cloudWatchLogs'] as const) {
    await expect.poll(() => missingIn(kind, owed), { timeout: 30_000, interval: 200 }).toBe(0)
  }
  const ids = await pipeline.idsIn('s3')
  expect(new Set(ids).size).toBe(ids.length)
  for (const room of ROOMS) {
    const inOrder = [...(kept.get(room) ?? []), ...(after.get(room) ?? [])]
    const mine = new Set(inOrder)
    expect(ids.filter((id) => mine.has(id))).toEqual(inOrder)
  }
  await expect.poll(async () => lanes(pool), { timeout: 20_000 }).toEqual([])
  await Promise.all(writers.map((writer) => writer.stop()))
}, 120_000)
