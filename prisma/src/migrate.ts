import type pg from 'pg'
import {
  appliedMigrations,
  codeOf,
  encodingFault,
  holdMigrationLock,
  INSUFFICIENT_PRIVILEGE,
  openSession,
  prepareSchema,
  SCHEMA,
} from './migration-database.ts'
import { MigrationError } from './migration-error.ts'
import { type Migration, readMigrations } from './migration-files.ts'
import { planMigrations } from './migration-plan.ts'
import { requireRights } from './rights.ts'

export { MigrationError, type MigrationErrorCode } from './migration-error.ts'

export type MigrateOptions = {
  readonly url: string
  readonly log?: ((line: string) => void) | undefined
  /** Told what someone should look after. @default log */
  readonly warn?: ((line: string) => void) | undefined
  /** @default those of this package */
  readonly folder?: string | undefined
}

/**
 * Applies the pending migrations to the schema `roomlog`, each in a transaction, and returns their names. Any number of
 * processes may call it at once. Records them in `_prisma_migrations` in Prisma's form, so `prisma migrate` works too.
 */
export async function migrate({ url, log = () => {}, warn = log, folder }: MigrateOptions): Promise<readonly string[]> {
  const ours = await readMigrations(folder)
  const session = await openSession(url)
  try {
    await holdMigrationLock(session, warn)
    await requireRights(session)
    await requireEncoding(session, warn)
    await prepareSchema(session)
    const { pending, newer } = planMigrations(ours, (await appliedMigrations(session)) ?? [])
    if (newer.length > 0) log(`the database is newer than this version: ${newer.join(', ')}`)
    for (const migration of pending) {
      await apply(session, migration)
      log(`applied migration ${migration.name}`)
    }
    return pending.map(({ name }) => name)
  } finally {
    // Ends the lock too.
    await session.end().catch(() => {})
  }
}

/**
 * Fails unless all migrations are there and the role may use what they made: for processes whose role must not change
 * tables. Changes nothing.
 */
export async function assertMigrated({ url, log = () => {}, warn = log, folder }: MigrateOptions): Promise<void> {
  const ours = await readMigrations(folder)
  const session = await openSession(url)
  try {
    await requireRights(session)
    await requireEncoding(session, warn)
    const { pending, newer } = planMigrations(ours, (await appliedMigrations(session)) ?? [])
    if (newer.length > 0) log(`the database is newer than this version: ${newer.join(', ')}`)
    if (pending.length === 0) return
    throw new MigrationError(
      'pending',
      `The database lacks the migrations ${pending.map(({ name }) => name).join(', ')}. ` +
        'Run the command roomlog-migrate with DATABASE_URL naming a role that may create tables, or set ROOMLOG_MIGRATE=on.',
    )
  } finally {
    await session.end().catch(() => {})
  }
}

/** A database that Roomlog would begin in must store all text; one that it has worked in is only warned of. */
async function requireEncoding(session: pg.Client, warn: (line: string) => void): Promise<void> {
  const fault = await encodingFault(session)
  if (fault === undefined) return
  if ((await appliedMigrations(session)) === undefined) throw new MigrationError('encoding', fault)
  warn(fault)
}

async function apply(session: pg.Client, migration: Migration): Promise<void> {
  try {
    await session.query('begin')
    await session.query(`set local search_path = ${SCHEMA}`)
    await session.query(migration.sql)
    await session.query(
      `insert into ${SCHEMA}._prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       values (gen_random_uuid()::text, $1, $2, now(), clock_timestamp(), 1)`,
      [migration.checksum, migration.name],
    )
    await session.query('commit')
  } catch (cause) {
    await session.query('rollback').catch(() => {})
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (codeOf(cause) === INSUFFICIENT_PRIVILEGE) {
      throw new MigrationError(
        'not-allowed',
        `This role may not apply the migration ${migration.name} (${reason}). Run the command roomlog-migrate with the role that owns the schema "${SCHEMA}", and start with ROOMLOG_MIGRATE=off.`,
        { cause },
      )
    }
    throw new MigrationError('failed', `Migration ${migration.name} failed and was rolled back: ${reason}`, { cause })
  }
}
