import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type Migration = {
  /** Its folder's name, which sorts by time. */
  readonly name: string
  readonly sql: string
  /** sha256 of the file, as Prisma records it. */
  readonly checksum: string
}

// The same from src and from dist.
const FOLDER = fileURLToPath(new URL('../migrations', import.meta.url))

/** The migrations of this version, oldest first. */
export async function readMigrations(folder: string = FOLDER): Promise<readonly Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  return Promise.all(names.sort().map((name) => readMigration(folder, name)))
}

async function readMigration(folder: string, name: string): Promise<Migration> {
  const bytes = await readFile(join(folder, name, 'migration.sql'))
  return { name, sql: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') }
}
