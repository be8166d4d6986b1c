import { spawnSync } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool } from '@roomlog/db'
import { migrate } from '@roomlog/db/migrate'
import { startPostgres } from '@roomlog/embedded-postgres'
import { createPostgresJournal } from '@roomlog/journal/postgres'
import { batches, batchesEverInserted, hide, insertNothing } from '@roomlog/journal/testing'
import type pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, startApi, type TestApi } from '../../test/start-api.ts'

const MIB = 1024 * 1024
const NO_WRITER = expect.stringContaining('No writer lives')

let api: TestApi
let pool: pg.Pool
const ends: (() => unknown)[] = []

beforeEach(async () => {
  const database = await createTestDatabase()
  api = await startApi(database.url)
  pool = createPool({ url: database.url, max: 1, applicationName: 'operator' })
  ends.push(
    () => database.drop(),
    () => pool.end(),
    () => api.close(),
  )
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function readiness(of: Pick<TestApi, 'url'> = api): Promise<{ readonly status: number; readonly body: unknown }> {
  const answer = await fetch(`${of.url}/readyz`)
  return { status: answer.status, body: await answer.json() }
}

const becomes = (expected: object) => expect.poll(() => readiness(), { timeout: 20_000 }).toMatchObject(expected)

test('where no writer lives it is ready and says so, until one does', async () => {
  expect(await readiness()).toEqual({ status: 200, body: { status: 'ready', warnings: [NO_WRITER] } })
  const journal = await createPostgresJournal({ pool })
  await journal.roll({ writerId: 'w', ttlMs: 60_000, held: [] })
  await expect.poll(() => readiness()).toEqual({ status: 200, body: { status: 'ready' } })
  await journal.signOut('w')
  await expect.poll(() => readiness()).toMatchObject({ body: { warnings: [NO_WRITER] } })
})

test('it is not ready while the schema is gone, and again once it is back', async () => {
  await pool.query('alter schema roomlog rename to elsewhere')
  await becomes({ status: 503, body: { reasons: [expect.stringContaining('restore the schema')] } })
  await pool.query('alter schema elsewhere rename to roomlog')
  await becomes({ status: 200 })
})

test('it is not ready while the table of the journal is gone, though all others are there', async () => {
  await hide(pool, 'batches')
  await becomes({ status: 503, body: { reasons: [expect.stringContaining('not there')] } })
})

test('it is not ready where the database takes no changes', async () => {
  const { rows } = await pool.query('select current_database() as name')
  await pool.query(`alter database ${rows[0].name} set default_transaction_read_only = on`)
  await pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'roomlog-api' and datname = current_database()`,
  )
  await becomes({ status: 503, body: { reasons: [expect.stringContaining('read-only')] } })
})

test('asking often writes seldom, and nothing stays', async () => {
  await Promise.all(Array.from({ length: 300 }, () => readiness()))
  expect(await batches(pool)).toEqual([])
  expect(await batchesEverInserted(pool)).toBeLessThan(30)
})

test('it is not ready while the disk is full, and again once there is room', async ({ skip }) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'roomlog-full-disk-'))
  const postgres = await startPostgres({ dataDir, temporary: true, settings: { autovacuum: 'off' } })
  ends.push(() => postgres.stop())
  /** Files of new sessions grow no larger; those of 16 MiB that the server's log is written to still fit. */
  const limitFiles = (bytes: number | 'unlimited') =>
    spawnSync('prlimit', ['--pid', String(postgres.pid), `--fsize=${bytes}:`]).status === 0
  skip(!limitFiles('unlimited'), 'this system cannot limit the files of a process')
  await migrate({ url: postgres.url })
  const full = await startApi(postgres.url)
  ends.push(() => full.close())
  expect((await readiness(full)).status).toBe(200)

  limitFiles(18 * MIB)
  const operator = createPool({ url: postgres.url, max: 1, applicationName: 'operator' })
  ends.push(() => operator.end())
  const endSessions = () =>
    operator.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'roomlog-api'`)
  await endSessions()
  for (const bytes of [MIB, 4_096]) {
    await expect(
      (async () => {
        for (;;) await insertNothing(operator, bytes)
      })(),
    ).rejects.toThrow(/extend/)
  }
  await expect
    .poll(() => readiness(full), { timeout: 20_000 })
    .toMatchObject({
      status: 503,
      body: { reasons: [expect.stringMatching(/disk is full|refuses to append/)] },
    })

  limitFiles('unlimited')
  await endSessions()
  await expect.poll(async () => (await readiness(full)).status, { timeout: 20_000 }).toBe(200)
})
