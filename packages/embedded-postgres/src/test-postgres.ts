import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { sharedServer } from './env.ts'
import { type Postgres, startPostgres } from './start.ts'

export type TestPostgres = {
  /** The server itself, as superuser. */
  readonly url: string
  /** A database of its own, prepared; about 100 ms. */
  createDatabase(): Promise<TestDatabase>
  /** An empty database, not prepared. */
  createEmptyDatabase(): Promise<TestDatabase>
}

export type TestDatabase = {
  readonly url: string
  /** Ends its sessions and drops it. */
  drop(): Promise<void>
}

/**
 * Databases for tests, on one server for the process (or for all of the test run, see `vitest-setup.ts`). `prepare` runs
 * once, on a template that each database is a copy of: `testPostgres({ prepare: (url) => migrate({ url }) })`.
 * The server and its folder go away with the process.
 */
export async function testPostgres(
  options: { readonly prepare?: ((url: string) => Promise<unknown>) | undefined } = {},
): Promise<TestPostgres> {
  const url = await serverUrl()
  let template: Promise<string> | undefined
  const prepare = async (): Promise<string> => {
    const { name, url: templateUrl } = await create(url, undefined)
    await options.prepare?.(templateUrl)
    return name
  }
  return {
    url,
    createDatabase: async () => {
      template ??= prepare()
      return create(url, await template)
    },
    createEmptyDatabase: () => create(url, undefined),
  }
}

/** A temporary server for tests: gone, with its folder, when the process ends. */
export async function startTestServer(): Promise<Postgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'roomlog-postgres-'))
  // For root, who runs it as `nobody`.
  await chmod(dataDir, 0o755)
  // A server in a temporary folder need not survive the machine, but tests should meet the commit latency of production:
  // fsync stays on.
  return startPostgres({ dataDir, temporary: true, settings: { max_connections: '300' } })
}

let ownServer: Promise<string> | undefined

function serverUrl(): Promise<string> {
  const shared = sharedServer()
  if (shared) return Promise.resolve(shared)
  ownServer ??= startTestServer().then(({ url }) => url)
  return ownServer
}

async function create(
  serverUrl: string,
  template: string | undefined,
): Promise<TestDatabase & { readonly name: string }> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await run(serverUrl, `create database ${name} template ${template ?? 'template0'}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { name, url: String(url), drop: () => run(serverUrl, `drop database if exists ${name} with (force)`) }
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
