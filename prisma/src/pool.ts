import pg from 'pg'
import { connectionString } from './connection-url.ts'
import { CONNECT_TIMEOUT_MS, QUERY_TIMEOUT_MS, setUpSession } from './session.ts'

export { isDatabaseUrl, parseDatabaseUrl, SCHEMA } from './connection-url.ts'

export type PoolOptions = {
  readonly url: string
  /** Most connections at once. */
  readonly max: number
  /** Shown by `pg_stat_activity`. */
  readonly applicationName: string
  /** Told when an idle connection breaks; the pool has dropped it already. */
  readonly onError?: ((error: Error) => void) | undefined
}

/** Connections to the schema `roomlog` with bounded waits; `bigint` columns come as numbers, never rounded. */
export function createPool({ url, max, applicationName, onError }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: connectionString(url),
    max,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
    onConnect: setUpSession,
  })
  // Without a listener the process would end.
  pool.on('error', (error) => onError?.(error))
  // Nor may one in a connection that is just being handed over: the pool has stopped to listen, its user not yet begun.
  // Whoever uses it next learns of it by the query that fails.
  pool.on('connect', (client) => client.on('error', ignore))
  return pool
}

const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === pg.types.builtins.INT8 && format !== 'binary' ? parseInt8 : pg.types.getTypeParser(oid, format)

function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is beyond what a number holds exactly`)
  return value
}

function ignore(): void {}
