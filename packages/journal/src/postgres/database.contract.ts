import { createPool } from '@roomlog/db'
import { migrate } from '@roomlog/db/migrate'
import { DestinationVersionId, MessageId, RoomId } from '@roomlog/domain'
import { testPostgres } from '@roomlog/embedded-postgres'
import type pg from 'pg'
import { CONFIG_CHANGED_SQL } from '../config-change.ts'
import type { JournalUnderTest } from '../journal.contract.ts'
import { toPartition } from '../partition.ts'
import { toAppendId, toPosition } from '../position.ts'
import { createPostgresJournal } from './journal.ts'
import { setAside } from './set-aside.ts'

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
    changeConfig: async () => void (await pool.query(CONFIG_CHANGED_SQL)),
    abandon: async (id) => {
      await pool.query('update destination_version set abandoned_at = now() where id = $1', [id])
    },
    elapse: (ms) => elapse(pool, ms),
    contents: () => contents(pool),
    damage: async (partition, position, part) => {
      const column = part === 'bytes' ? 'records' : 'index'
      await pool.query(
        `update journal_batch set ${column} = set_byte(${column}, length(${column}) / 2, get_byte(${column}, length(${column}) / 2) # 1)
          where partition = $1 and first_position <= $2 and first_position + record_count > $2`,
        [partition, position],
      )
    },
    setAside: (partition, position) => setAside(pool, partition, position),
    trouble: async (partition) => {
      const { rows } = await pool.query('select * from journal_progress where partition = $1', [partition])
      const { trouble_position: position, trouble: words } = rows[0]
      return words === null ? undefined : { position: toPosition(Number(position)), words }
    },
    letterIds: async () => {
      const { rows } = await pool.query('select id::text from dead_letter order by id')
      return rows.map(({ id }) => id)
    },
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

// Time that has passed is the same as everything having happened earlier.
async function elapse(pool: pg.Pool, ms: number): Promise<void> {
  const earlier = `- ${ms} * interval '1 ms'`
  await pool.query(`
    update journal_progress set lease_expires_at = lease_expires_at ${earlier};
    update journal_writer set expires_at = expires_at ${earlier};
    update journal_lane set quiet_since = quiet_since ${earlier};
    update journal_batch set committed_at = committed_at ${earlier};`)
}

async function contents(pool: pg.Pool): ReturnType<JournalUnderTest['contents']> {
  const lanes = await pool.query('select * from journal_lane order by partition, destination_version_id')
  const letters = await pool.query('select * from dead_letter order by id')
  const totals = await pool.query('select * from delivery_total')
  return {
    lanes: lanes.rows.map((row) => ({
      ...placeOf(row),
      checkpoint: toPosition(Number(row.checkpoint)),
      checkpointAppendId: row.checkpoint_append_id === null ? undefined : toAppendId(row.checkpoint_append_id),
      state: row.state,
      lastError: row.last_error ?? undefined,
      nextProbeAtMs: row.next_probe_at?.getTime(),
    })),
    deadLetters: letters.rows.map((row) => ({
      ...placeOf(row),
      position: toPosition(Number(row.position)),
      roomId: RoomId.parse(row.room_id),
      id: MessageId.parse(row.record_id),
      reason: row.reason,
      bytes: row.record,
    })),
    totals: totals.rows.map((row) => ({
      ...placeOf(row),
      delivered: Number(row.delivered),
      repeatsPossible: Number(row.repeats_possible),
      dead: Number(row.dead),
      givenUp: Number(row.given_up),
      errors: {
        all: Number(row.errors_all),
        accessDenied: Number(row.errors_access_denied),
        notFound: Number(row.errors_not_found),
      },
      lastDeliveredAtMs: row.last_delivered_at?.getTime(),
      lastError: row.last_error ?? undefined,
    })),
  }
}

function placeOf(row: { partition: number; destination_version_id: number }) {
  return {
    partition: toPartition(row.partition),
    destinationVersionId: DestinationVersionId.parse(row.destination_version_id),
  }
}
