import type { FastifyBaseLogger } from 'fastify'
import type pg from 'pg'
import { z } from 'zod'

/** What must be on for an acknowledged record to be durable. */
const SETTINGS = ['fsync', 'full_page_writes', 'synchronous_commit'] as const
const Rows = z.array(z.object({ name: z.string() }))

/**
 * Says so where the database is set up to lose what it has committed: the server's settings are the operator's, but
 * every acknowledgement rests on them.
 */
export async function warnOfLostCommits(pool: pg.Pool, log: Pick<FastifyBaseLogger, 'warn'>): Promise<void> {
  const { rows } = await pool.query(`select name from unnest($1::text[]) name where current_setting(name) = 'off'`, [
    SETTINGS,
  ])
  const settings = Rows.parse(rows).map(({ name }) => name)
  if (settings.length === 0) return
  log.warn(
    { event: 'api.commitsNotDurable', settings },
    `The database has ${settings.join(' and ')} off: a crash of it loses records that were acknowledged.`,
  )
}
