import type pg from 'pg'
import { appliedMigrations, holdMigrationLock, openSession, prepareSchema, SCHEMA } from './migration-database.ts'
import { MigrationError } from './migration-error.ts'
import { type Migration, readMigrations } from './migration-files.ts'
import { planMigrations } from './migration-plan.ts'

export { MigrationError, type MigrationErrorCode } from './migration-error.ts'

export type MigrateOptions = {
  readonly url: string
  readonly log?: ((line: string) => void) | undefined
  /** @default those of this package */
  readonly folder?: string | undefined
}

/**
 * Applies the pending migrations to the schema `roomlog`, each in a transaction, and returns their names. Any number of
 * processes may call it at once. Records them in `_prisma_migrations` in Prisma's form, so `prisma migrate` works too.
 */
export async function migrate({ url, log = () => {}, folder }: MigrateOptions): Promise<readonly string[]> {
  const ours = await readMigrations(folder)
  const session = await openSession(url)
  try {
    await holdMigrationLock(session)
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

/** Fails unless all migrations are there: for processes whose role must not change tables. Changes nothing. */
export async function assertMigrated({ url, log = () => {}, folder }: MigrateOptions): Promise<void> {
  const ours = await readMigrations(folder)
  const session = await openSession(url)
  try {
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
    throw new MigrationError('failed', `Migration ${migration.name} failed and was rolled back: ${reason}`, { cause })
  }
}
