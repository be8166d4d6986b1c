import type pg from 'pg'
import { CLOCK_OFF_MAX_MS, type DatabaseClock } from '../time/database-clock.ts'
import type { ReadyCheck } from './health.ts'

const ANSWER_WITHIN_MS = 2_000

/** The database answers, and this machine's clock is right. */
export function readinessChecks(parts: {
  readonly pool: pg.Pool
  readonly clock: Pick<DatabaseClock, 'aheadMs'>
}): readonly ReadyCheck[] {
  return [() => databaseAnswers(parts.pool), async () => clockIsRight(parts.clock.aheadMs())]
}

async function databaseAnswers(pool: pg.Pool): Promise<string | undefined> {
  const answer = pool.query('select 1').then(
    () => undefined,
    () => 'The database cannot be reached',
  )
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, ANSWER_WITHIN_MS, 'The database does not answer')
  })
  return Promise.race([answer, late]).finally(() => clearTimeout(timer))
}

/** Records are right all the same, as they follow the database's clock; but a machine like this wants looking after. */
export function clockIsRight(aheadMs: number): string | undefined {
  if (Math.abs(aheadMs) <= CLOCK_OFF_MAX_MS) return undefined
  return `This machine's clock is ${(aheadMs / 1000).toFixed(1)} s ahead of the database's`
}
