import type { FastifyBaseLogger } from 'fastify'
import type pg from 'pg'
import { createDatabaseClock, type DatabaseClock } from './database-clock.ts'

/** A clock set by the database. */
export async function startClock(
  pool: pg.Pool,
  { monotonicNs, wallMs }: { readonly monotonicNs: () => bigint; readonly wallMs: () => number },
): Promise<DatabaseClock> {
  const clock = createDatabaseClock({
    databaseTimeUs: async () => {
      const { rows } = await pool.query<{ us: string }>({ name: 'api-clock', text: TIME_US })
      const [row] = rows
      if (row === undefined) throw new Error('the database did not tell the time')
      return BigInt(row.us)
    },
    monotonicNs,
    wallMs,
  })
  // The first answer is late by the time that connecting takes.
  await clock.sample()
  await clock.sample()
  return clock
}

const TIME_US = 'select (extract(epoch from clock_timestamp()) * 1000000)::bigint::text as us'

/** One more sample; while the database is away the clock runs on by itself. */
export async function followClock(clock: DatabaseClock, log: FastifyBaseLogger): Promise<void> {
  try {
    await clock.sample()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    log.warn({ event: 'api.clockNotSampled', reason }, 'The database did not tell the time.')
  }
}
