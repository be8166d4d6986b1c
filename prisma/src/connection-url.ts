/** Schema of all our tables. */
export const SCHEMA = 'roomlog'

// A client that died, or waits for one that did, must not hold anybody up for longer than this.
const SESSION = {
  search_path: SCHEMA,
  // What the statements are written for. Where the role's default is stricter, a change to a room would lose against
  // every append of the moment, and never get through under traffic.
  default_transaction_isolation: 'read committed',
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

/** `url` whose sessions start with our settings. They go in with the connection itself, so there is no moment without them. */
export function sessionUrl(url: string): string {
  const session = new URL(url)
  const options = [session.searchParams.get('options') ?? '']
  for (const [name, value] of Object.entries(SESSION)) options.push(`-c ${name}=${value.replaceAll(' ', '\\ ')}`)
  session.searchParams.set('options', options.join(' ').trim())
  // Prisma's own parameter; Postgres has none of that name.
  session.searchParams.delete('schema')
  return String(session)
}
