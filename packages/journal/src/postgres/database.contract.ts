import { createPool } from '@roomlog/db'
import { migrate } from '@roomlog/db/migrate'
import { testPostgres } from '@roomlog/embedded-postgres'
import type pg from 'pg'
import type { JournalUnderTest } from '../journal.contract.ts'
import { damage, elapse } from '../testing/rewrite.ts'
import { createPostgresJournal } from './journal.ts'
import { setAside } from './set-aside.ts'
import { inTransaction, transactionOf } from './transaction.ts'

export type TestDatabase = {
  readonly url: string
  readonly pool: pg.Pool
  openPool(options?: { readonly url?: string; readonly max?: number; readonly applicationName?: string }): pg.Pool
  close(): Promise<void>
}

/** A database of its own, migrated, with destination versions 1 to 3. */
export async function openDatabase(): Promise<TestDatabase> {
  const server = await testPostgres({ prepare: (url) => migrate({ url }) })
  const { url, drop } = await server.createDatabase()
  const pools: pg.Pool[] = []
  const openPool: TestDatabase['openPool'] = (options) => {
    const pool = createPool({ url, max: 8, applicationName: 'journal-test', ...options })
    pools.push(pool)
    return pool
  }
  const pool = openPool()
  await pool.query(`insert into account (id) values ('123456789012')`)
  await pool.query(
    `insert into destination_version (logging_configuration_id, account_id, region, kind, target)
     select 'configuration' || n, '123456789012', 'eu-west-1', 's3', 'bucket' || n from generate_series(1, 3) n`,
  )
  return {
    url,
    pool,
    openPool,
    close: async () => {
      await Promise.all(pools.map((each) => each.end()))
      await drop()
    },
  }
}

/** Resolves once a session of the database waits for another's lock. */
export async function waitingForLock({ pool }: Pick<TestDatabase, 'pool'>): Promise<void> {
  for (;;) {
    const { rowCount } = await pool.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (rowCount) return
  }
}

const TABLES = [
  'journal_partition',
  'journal_batch',
  'journal_progress',
  'journal_writer',
  'journal_lane',
  'delivery_total',
  'dead_letter',
  'journal_set_aside',
  'journal_key',
]

/** An empty journal in the database, with the means to look inside and to let time pass. */
export async function openJournal(pool: pg.Pool): Promise<JournalUnderTest> {
  await pool.query(`truncate ${TABLES.join()}; update destination_version set abandoned_at = null`)
  // The test's Postgres runs on this machine, and has its clock.
  const believed = { aheadMs: 0, sure: true }
  const time = { nowMs: () => Date.now() + believed.aheadMs, sure: () => believed.sure }
  return {
    journal: await createPostgresJournal({ pool, partitionsIfNew: 4, time }),
    believe: (aheadMs, sure = true) => void Object.assign(believed, { aheadMs, sure }),
    transaction: (work) => inTransaction(pool, (client) => work(transactionOf(client))),
    markAbandoned: async (transaction, versions) => {
      await transaction.query('update destination_version set abandoned_at = now() where id = any($1::integer[])', [
        versions,
      ])
    },
    elapse: (ms) => elapse(pool, ms),
    damage: (partition, position, part) => damage(pool, partition, position, part),
    setAside: (partition, position) => setAside(pool, partition, position),
    backup: async () => {
      await pool.query(`drop schema if exists kept cascade; create schema kept;
                        ${TABLES.map((table) => `create table kept.${table} as table ${table};`).join('\n')}`)
      return async () => {
        await pool.query(`truncate ${TABLES.join()};
                          ${TABLES.map((table) => `insert into ${table} table kept.${table};`).join('\n')}`)
      }
    },
  }
}
