import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { MigrationError } from './migration-error.ts'

const PROTOCOL_VIOLATION = '08P01'
const WORDS =
  'DATABASE_URL leads to a pooler that hands one connection to several clients in turn (PgBouncer in transaction mode, ' +
  'for one): settings and locks of a session would get into the hands of others. ' +
  'Use a URL that leads to Postgres itself, or to a pool in session mode.'

/**
 * Refuses a pooler in transaction mode: a setting that is made on one connection is looked for on another one and, while
 * that is in a transaction, on the first. Both connections are new, and have no settings of ours yet that could stay
 * behind on a connection of the pooler's.
 */
export async function refusePooler(one: pg.ClientBase, other: pg.ClientBase): Promise<void> {
  const mark = randomUUID()
  const isMarked = async (client: pg.ClientBase): Promise<boolean> => {
    const { rows } = await client.query(`select current_setting('roomlog.session', true) = '${mark}' as marked`)
    return rows[0]?.marked === true
  }
  await one.query(`set roomlog.session = '${mark}'`)
  if ((await begin(other)) === 'refused' || (await isMarked(other))) throw new MigrationError('pooler', WORDS)
  const kept = await isMarked(one)
  await other.query('rollback')
  // Once more, twice: a pooler that takes turns among its connections is back at the first by chance at most once.
  if (!kept || !(await isMarked(one)) || !(await isMarked(one))) throw new MigrationError('pooler', WORDS)
}

/** A pooler in statement mode refuses transactions, by an error that Postgres does not give for them. */
async function begin(client: pg.ClientBase): Promise<'begun' | 'refused'> {
  try {
    await client.query('begin')
    return 'begun'
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === PROTOCOL_VIOLATION) return 'refused'
    throw error
  }
}
