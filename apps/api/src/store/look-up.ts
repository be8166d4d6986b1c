import type pg from 'pg'

/** Of what a call has to read before it can begin: one row by its key, so that by then the database hangs. */
const LOOK_UP_TIMEOUT_MS = 5_000

/** A read that fails soon instead of keeping a call waiting for as long as any statement may take. */
export async function lookUp(
  pool: pg.Pool,
  query: { readonly name: string; readonly text: string; readonly values: unknown[] },
): Promise<readonly unknown[]> {
  // Of pg, though its types have it for a whole connection only.
  const limit = { query_timeout: LOOK_UP_TIMEOUT_MS }
  const { rows } = await pool.query({ ...query, ...limit })
  return rows
}
