const UNIQUE_VIOLATION = '23505'

/** The SQLSTATE of an error that the server sent; those of a socket (`EPIPE`) have a code too, but no severity. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : undefined
}

/**
 * Whether the statement surely left no trace: the server itself answered with an error. A lost connection, a server
 * going down (57P), a broken session (08), a completion unknown (40003), a failing system (58) or an internal error (XX)
 * may have come after the commit.
 */
export function certainlyRolledBack(error: unknown): boolean {
  const state = sqlState(error)
  return state !== undefined && !/^(57P|08|40003|58|XX)/.test(state)
}

/** Postgres itself cannot read what it has stored: a page or a part of a value is broken or gone. */
export function isUnreadable(error: unknown): boolean {
  return sqlState(error)?.startsWith('XX') === true
}

/** A serialisation failure or a deadlock: nothing is wrong, and asked again it will pass. */
export function lostToAnother(error: unknown): boolean {
  const state = sqlState(error)
  return state === '40001' || state === '40P01'
}

/** Which constraint says that something is there already; undefined for any other error. */
export function violatedUnique(error: unknown): string | undefined {
  if (sqlState(error) !== UNIQUE_VIOLATION) return undefined
  return error instanceof Error && 'constraint' in error ? String(error.constraint) : ''
}
