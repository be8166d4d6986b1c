import type pg from 'pg'
import { SCHEMA } from './connection-url.ts'

// What our statements are written for, and what is read of their answers. A role, a database or the server may have any
// other default. Not `lc_messages`, which only a superuser may set: nothing reads the text of the server's messages.
const READING = {
  search_path: SCHEMA,
  client_encoding: 'UTF8',
  // pg reads dates in this style only.
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  // Prisma's adapter replaces the offset of whatever zone it is given by that of UTC, without moving the time.
  TimeZone: 'UTC',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
  // Otherwise times in milliseconds come rounded.
  extra_float_digits: '1',
  // Otherwise a null inside an array that we send is the text "NULL".
  array_nulls: 'on',
  // A policy that hides rows from this role must be an error: a batch that is not seen would be taken as delivered.
  row_security: 'off',
  // Where the role's default is stricter, a change to a room would lose against every append of the moment, and never
  // get through under traffic.
  default_transaction_isolation: 'read committed',
}

// A client that died, or waits for one that did, must not hold anybody up for longer than this.
const WAITING = {
  lock_timeout: '10s',
  statement_timeout: '30s',
  idle_in_transaction_session_timeout: '30s',
  // A half-open socket is noticed in about a minute, on the server's side too.
  tcp_keepalives_idle: '30',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '3',
}

/** Longer than any statement may take: then the socket is dead. */
export const QUERY_TIMEOUT_MS = 35_000
/** For a connection to be made, and again for its settings. */
export const CONNECT_TIMEOUT_MS = 10_000

/**
 * Gives a new session our settings, before it runs anything else. By statements and not with the connection itself
 * (its parameter `options`): PgBouncer refuses a connection that has that, or drops it, where it could serve us well.
 */
export async function setUpSession(client: pg.ClientBase): Promise<void> {
  await set(client, { ...READING, ...WAITING })
}

/** Of the one connection that migrates: building an index may take its time, waiting for a lock may not. */
export async function setUpMigration(client: pg.ClientBase, lockWait: string): Promise<void> {
  await set(client, { ...READING, statement_timeout: '0', lock_timeout: lockWait })
}

async function set(client: pg.ClientBase, settings: Readonly<Record<string, string>>): Promise<void> {
  const text = Object.entries(settings).map(([name, value]) => `set ${name} = '${value}'`)
  // Of pg, though its types have it for a whole connection only.
  const limit = { query_timeout: CONNECT_TIMEOUT_MS }
  await client.query({ text: text.join('; '), ...limit })
}
