import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool } from '@roomlog/db'
import { migrate } from '@roomlog/db/migrate'
import { type Postgres, startPostgres } from '@roomlog/embedded-postgres'
import type pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keyed } from './keys.contract.ts'
import { toPartition } from './partition.ts'
import { createPostgresJournal } from './postgres/journal.ts'
import { anAppendId, anId, records } from './samples.contract.ts'

const HERE = toPartition(0)
const RELOAD = 'select pg_reload_conf()'
let dataDir: string
let primary: Postgres
let pools: pg.Pool[]

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'roomlog-replicated-'))
  pools = []
  primary = await startPostgres({ dataDir })
  await migrate({ url: primary.url })
})
afterEach(async () => {
  await Promise.all(pools.map((pool) => pool.end()))
  await primary.stop()
  await rm(dataDir, { recursive: true, force: true })
})

function openPool(max = 4): pg.Pool {
  const pool = createPool({ url: primary.url, max, applicationName: 'test' })
  pools.push(pool)
  return pool
}

/** From now on every commit waits until one of two standbys has it. There are none. */
async function requireStandby(): Promise<void> {
  const pool = openPool(1)
  await pool.query(`alter system set synchronous_standby_names = 'ANY 1 (one, two)'`)
  await pool.query(RELOAD)
  const shown = async () => (await pool.query('show synchronous_standby_names')).rows[0].synchronous_standby_names
  await expect.poll(shown).toBe('ANY 1 (one, two)')
}

async function dismissStandbys(): Promise<void> {
  const pool = openPool(1)
  await pool.query('alter system reset synchronous_standby_names')
  await pool.query(RELOAD)
}

const WAITING = `select from pg_stat_activity where wait_event = 'SyncRep'`

/** Resolves once a commit waits for a standby. */
async function waits(): Promise<'it waits for a standby'> {
  const pool = openPool(1)
  for (;;) {
    const { rowCount } = await pool.query(WAITING)
    if (rowCount) return 'it waits for a standby'
  }
}

/** Kills the machine at the commit, which stands on its disk alone, and starts it again without its standbys. */
async function crash(): Promise<void> {
  const { port } = primary
  primary.kill('SIGKILL')
  await primary.exited
  primary = await startPostgres({ dataDir, port })
}

test('what a retry finds after its primary was killed at the commit is not acknowledged before a standby has it', async () => {
  const journal = await createPostgresJournal({ pool: openPool(), partitionsIfNew: 1 })
  const request = { partition: HERE, appendId: anAppendId(), configVersion: 1, records: records(2) }
  await requireStandby()
  const first = journal.append(request)
  expect(await Promise.race([first, waits()])).toBe('it waits for a standby')
  await crash()
  expect((await first).status).toBe('unknown')
  expect((await journal.heads([HERE])).get(HERE)?.head).toBe(2)

  const retry = journal.append(request)
  expect(await Promise.race([retry, waits()])).toBe('it waits for a standby')
  await dismissStandbys()
  expect(await retry).toEqual({ status: 'appended', firstPosition: 1 })
  expect((await journal.heads([HERE])).get(HERE)?.head).toBe(2)
})

test.each([
  ['with its record', (given: ReturnType<typeof keyed>) => [given.record]],
  ['alone, for a room without destinations', () => []],
])('nor is a key that was committed so, %s', async (_, recordsOf) => {
  const journal = await createPostgresJournal({ pool: openPool(), partitionsIfNew: 1 })
  const given = keyed(anId(), 'k')
  const request = { partition: HERE, configVersion: 1, records: recordsOf(given), keys: [given.key] }
  await requireStandby()
  const first = journal.append({ ...request, appendId: anAppendId() })
  expect(await Promise.race([first, waits()])).toBe('it waits for a standby')
  await crash()
  expect((await first).status).toBe('unknown')

  // Both ways to learn of it: ahead of an append, and by one that has not.
  const found = journal.findKeys([given.key])
  expect(await Promise.race([found, waits()])).toBe('it waits for a standby')
  const other = { ...request, appendId: anAppendId() }
  const again = journal.append(other)
  await dismissStandbys()
  expect(await found).toEqual([given.key])
  expect(await again).toEqual({ status: 'known', keys: [given.key] })
})
