import type pg from 'pg'

/** Of what a call has to read before it can begin: one row by its key, so that by then the database hangs. */
const LOOK_UP_TIMEOUT_MS = 5_000

/** A read that fails soon instead of keeping a call waiting for as long as any statement may take. */
export async function lookUp<Row extends pg.QueryResultRow = Record<string, unknown>>(
  pool: pg.Pool,
  query: { readonly name: string; readonly text: string; readonly values: unknown[] },
): Promise<readonly Row[]> {
  // Of pg, though its types have it for a whole connection only.
  const limit = { query_timeout: LOOK_UP_TIMEOUT_MS }
  const { rows } = await pool.query<Row>({ ...query, ...limit })
  return rows
}
