import { CLOCKS_AGREE_MS } from '@roomlog/domain'
import type pg from 'pg'
import { type ClockSources, createDatabaseClock, type DatabaseClock } from '../time/database-clock.ts'
import type { JournalTime } from '../time/journal-time.ts'

const TIME_US = 'select (extract(epoch from clock_timestamp()) * 1000000)::bigint::text as us'

/** A clock that has heard the database once. */
export async function startDatabaseClock(
  pool: pg.Pool,
  sources: Omit<ClockSources, 'databaseTimeUs'>,
): Promise<DatabaseClock> {
  const clock = createDatabaseClock({
    ...sources,
    databaseTimeUs: async () => {
      const { rows } = await pool.query<{ us: string }>({ name: 'journal-clock', text: TIME_US })
      const [row] = rows
      if (row === undefined) throw new Error('the database did not tell the time')
      return BigInt(row.us)
    },
  })
  await clock.sample()
  return clock
}

/** As `timeToUse`, in a statement; the parameter is `believedMs` of the process. */
export const nowSql = (believedMs: string) =>
  `case when abs(extract(epoch from now()) * 1000 - ${believedMs}::float8) > ${CLOCKS_AGREE_MS}
        then to_timestamp(${believedMs}::float8 / 1000.0) else now() end`

/** Whether the database's clock agrees with it. As `isSure`, for a process that is sure. */
export const agreesSql = (believedMs: string) =>
  `coalesce(abs(extract(epoch from now()) * 1000 - ${believedMs}::float8) <= ${CLOCKS_AGREE_MS}, true)`

/** The parameter: null where the process has no time of its own. */
export function believedMs(time: JournalTime | undefined): number | null {
  return time === undefined ? null : time.nowMs()
}
