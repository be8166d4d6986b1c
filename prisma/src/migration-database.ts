import pg from 'pg'
import { z } from 'zod'
import { connectionString, placeOf, SCHEMA } from './connection-url.ts'
import { MigrationError } from './migration-error.ts'
import type { AppliedMigration } from './migration-plan.ts'
import { refusePooler } from './pooler.ts'
import { CONNECT_TIMEOUT_MS, setUpMigration } from './session.ts'

export { SCHEMA } from './connection-url.ts'

export const INSUFFICIENT_PRIVILEGE = '42501'

// The lock that Prisma Migrate takes, so that it and we never work at the same time.
const LOCK = 72707369
const LOCK_WAIT = '60s'
const WAIT_IS_SAID_AFTER_MS = 1_000

/** One connection, outside the pool's limits and to a database that can serve us. */
export async function openSession(url: string): Promise<pg.Client> {
  const session = await openClient(url)
  try {
    const other = await openClient(url)
    try {
      await refusePooler(session, other)
    } finally {
      await other.end().catch(() => {})
    }
    await setUpMigration(session, LOCK_WAIT)
    return session
  } catch (error) {
    await session.end().catch(() => {})
    throw error
  }
}

async function openClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: connectionString(url),
    application_name: 'roomlog-migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return client
  } catch (cause) {
    const reason = cause instanceof AggregateError ? cause.errors.map(String).join(', ') : String(cause)
    throw new MigrationError('unreachable', `Cannot open the database ${placeOf(url)}: ${reason}`, { cause })
  }
}

/** Held until the session ends. A wait for another process is said, so that nobody takes it for a start that hangs. */
export async function holdMigrationLock(session: pg.Client, log: (line: string) => void): Promise<void> {
  const waiting = setTimeout(() => {
    log(`waiting for another process that is migrating this database, for up to ${LOCK_WAIT}`)
  }, WAIT_IS_SAID_AFTER_MS)
  try {
    await session.query(`select pg_advisory_lock(${LOCK})`)
  } catch (cause) {
    if (codeOf(cause) !== '55P03') throw cause
    throw new MigrationError(
      'busy',
      `Another process has been migrating this database for ${LOCK_WAIT}. Try again later.`,
      { cause },
    )
  } finally {
    clearTimeout(waiting)
  }
}

/** Makes the schema and the history table where there is none; refuses tables that nobody recorded. */
export async function prepareSchema(session: pg.Client): Promise<void> {
  if ((await appliedMigrations(session)) !== undefined) return
  const found = await session.query(
    `select relname from pg_class where relnamespace = to_regnamespace('${SCHEMA}') and relkind in ('r', 'p', 'v', 'm', 'S', 'f') order by 1 limit 3`,
  )
  if (found.rows.length > 0) {
    const names = z.array(z.object({ relname: z.string() })).parse(found.rows)
    throw new MigrationError(
      'foreign-schema',
      `The schema "${SCHEMA}" holds tables that Roomlog did not make (${names.map(({ relname }) => relname).join(', ')}). Give Roomlog a database of its own.`,
    )
  }
  try {
    const exists = await session.query(`select 1 where to_regnamespace('${SCHEMA}') is not null`)
    if (exists.rows.length === 0) await session.query(`create schema ${SCHEMA}`)
    await session.query(HISTORY_TABLE)
  } catch (cause) {
    if (codeOf(cause) !== INSUFFICIENT_PRIVILEGE) throw cause
    throw new MigrationError(
      'not-allowed',
      `This role may not create the schema "${SCHEMA}" or tables in it. Run the command roomlog-migrate with a role that may, and start with ROOMLOG_MIGRATE=off.`,
      { cause },
    )
  }
}

const HistoryRow = z.object({
  migration_name: z.string(),
  checksum: z.string(),
  finished_at: z.date().nullable(),
})

/** Undefined when there is no history table. */
export async function appliedMigrations(session: pg.Client): Promise<readonly AppliedMigration[] | undefined> {
  const table = await session.query(`select 1 where to_regclass('${SCHEMA}._prisma_migrations') is not null`)
  if (table.rows.length === 0) return undefined
  const { rows } = await session.query(
    `select migration_name, checksum, finished_at from ${SCHEMA}._prisma_migrations where rolled_back_at is null order by started_at`,
  )
  return z
    .array(HistoryRow)
    .parse(rows)
    .map((row) => ({ name: row.migration_name, checksum: row.checksum, finished: row.finished_at !== null }))
}

// Word for word what Prisma creates.
const HISTORY_TABLE = `create table ${SCHEMA}._prisma_migrations (
  id varchar(36) primary key not null,
  checksum varchar(64) not null,
  finished_at timestamptz,
  migration_name varchar(255) not null,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz not null default now(),
  applied_steps_count integer not null default 0
)`

/** What text of ours the database cannot store, in words; undefined where it stores all of it. */
export async function encodingFault(session: pg.Client): Promise<string | undefined> {
  const { rows } = await session.query(
    `select current_database() as name, current_setting('server_encoding') as encoding`,
  )
  const [row] = z.tuple([z.object({ name: z.string(), encoding: z.string() })]).parse(rows)
  if (row.encoding === 'UTF8') return undefined
  return (
    `The database "${row.name}" has the encoding ${row.encoding}, which cannot be relied on to store every character ` +
    `(an emoji in the name of a room, for one). Give Roomlog one that is made with: ` +
    `create database … encoding 'UTF8' template template0`
  )
}

export function codeOf(error: unknown): unknown {
  return error instanceof pg.DatabaseError ? error.code : undefined
}
