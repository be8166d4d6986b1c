import { MigrationError } from './migration-error.ts'
import type { Migration } from './migration-files.ts'

/** A row of `_prisma_migrations` that was not rolled back. */
export type AppliedMigration = { readonly name: string; readonly checksum: string; readonly finished: boolean }

export type MigrationPlan = {
  readonly pending: readonly Migration[]
  /** Names that a newer version of Roomlog has applied. */
  readonly newer: readonly string[]
}

/**
 * What is left to apply, or a refusal when the history is not one of ours. A newer neighbour's migrations are accepted
 * behind all of ours: they only expand, so that two neighbouring versions can work on one database.
 */
export function planMigrations(ours: readonly Migration[], applied: readonly AppliedMigration[]): MigrationPlan {
  const failed = applied.find(({ finished }) => !finished)
  if (failed !== undefined) {
    throw new MigrationError(
      'failed-before',
      `Migration ${failed.name} was begun by another tool and never finished. Repair the schema, then mark it with "prisma migrate resolve".`,
    )
  }
  const checksums = new Map(applied.map(({ name, checksum }) => [name, checksum]))
  const edited = ours.find(({ name, checksum }) => checksums.has(name) && checksums.get(name) !== checksum)
  if (edited !== undefined) {
    throw new MigrationError(
      'edited',
      `Migration ${edited.name} was applied with another content than this version has. Applied migrations never change: restore the file.`,
    )
  }
  const known = new Set(ours.map(({ name }) => name))
  const pending = ours.filter(({ name }) => !checksums.has(name))
  const unknown = applied.map(({ name }) => name).filter((name) => !known.has(name))
  const last = ours.at(-1)?.name ?? ''
  const foreign = unknown.find((name) => pending.length > 0 || name < last)
  if (foreign !== undefined) {
    throw new MigrationError(
      'foreign-history',
      `The schema "roomlog" has the migration ${foreign}, which is not one of Roomlog. Give Roomlog a database of its own.`,
    )
  }
  return { pending, newer: unknown }
}
