import { CLOCKS_AGREE_MS } from '@roomlog/domain'
import type { DatabaseClock } from '@roomlog/journal'
import type pg from 'pg'
import type { ReadyCheck } from './health.ts'

const ANSWER_WITHIN_MS = 2_000

/** The database answers, and the clocks are right. */
export function readinessChecks(parts: {
  readonly pool: pg.Pool
  readonly clock: Pick<DatabaseClock, 'doubt' | 'wallAheadMs'>
}): readonly ReadyCheck[] {
  return [() => databaseAnswers(parts.pool), async () => clocksAreRight(parts.clock)]
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

/**
 * While the database's clock is followed, records are right whatever this machine's says; but a machine like that wants
 * looking after, and could not tell if the database's jumped.
 */
function clocksAreRight(clock: Pick<DatabaseClock, 'doubt' | 'wallAheadMs'>): string | undefined {
  const aheadMs = clock.wallAheadMs()
  const doubt = clock.doubt()
  if (doubt !== undefined || Math.abs(aheadMs) <= CLOCKS_AGREE_MS) return doubt
  return `This machine's clock is ${(aheadMs / 1000).toFixed(1)} s ahead of the database's`
}
