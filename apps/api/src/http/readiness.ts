import { type AppendId, isWriterAlive, probeAppend } from '@roomlog/journal'
import type pg from 'pg'
import { isDatabaseAway, sqlStateOf } from '../database/availability.ts'
import { CLOCK_OFF_MAX_MS, type DatabaseClock } from '../time/database-clock.ts'
import type { ReadyCheck } from './health.ts'

const ANSWER_WITHIN_MS = 2_000
/** Anybody may ask, and each look writes a little that is then thrown away. */
const LOOK_EVERY_MS = 1_000

/** The journal takes appends, and this machine's clock is right. Not having a writer keeps no append from being taken. */
export function readinessChecks(parts: {
  readonly pool: pg.Pool
  readonly clock: Pick<DatabaseClock, 'aheadMs'>
  readonly nowMs: () => number
  readonly newAppendId: () => AppendId
}): { readonly checks: readonly ReadyCheck[]; readonly notices: readonly ReadyCheck[] } {
  const { pool, clock, nowMs, newAppendId } = parts
  return {
    checks: [
      seldom(
        () => withinTime(probeAppend(pool, newAppendId()).then(nothing, wordsFor), 'The database does not answer'),
        nowMs,
      ),
      async () => clockIsRight(clock.aheadMs()),
    ],
    // While the database does not tell, nothing is said of writers.
    notices: [seldom(() => withinTime(isWriterAlive(pool).then(writerWords, nothing), undefined), nowMs)],
  }
}

/** What was found less than a second ago, or is just being looked for, is found again. */
function seldom(look: ReadyCheck, nowMs: () => number): ReadyCheck {
  let last: Promise<string | undefined> | undefined
  let endedAtMs: number | undefined
  return () => {
    if (last === undefined || (endedAtMs !== undefined && nowMs() - endedAtMs >= LOOK_EVERY_MS)) {
      endedAtMs = undefined
      last = look().finally(() => {
        endedAtMs = nowMs()
      })
    }
    return last
  }
}

async function withinTime(answer: Promise<string | undefined>, late: string | undefined): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<string | undefined>((resolve) => {
    timer = setTimeout(resolve, ANSWER_WITHIN_MS, late)
  })
  return Promise.race([answer, timeout]).finally(() => clearTimeout(timer))
}

/** By its SQLSTATE alone: whoever asks has no key, and the server's own words name files and users. */
export function wordsFor(error: unknown): string {
  const state = sqlStateOf(error)
  if (state === '53100') return "The database's disk is full"
  if (state === '25006') return 'The database takes no changes: it is read-only'
  if (state === '42501') return 'The role of this process may not write to the journal'
  if (state === '42P01' || state === '3F000' || state === '42703') {
    return 'The tables of the journal are not there: run the migrations, or restore the schema roomlog'
  }
  if (state === undefined || isDatabaseAway(error)) return 'The database cannot be reached'
  return `The database refuses to append (SQLSTATE ${state})`
}

function writerWords(isAlive: boolean): string | undefined {
  return isAlive ? undefined : 'No writer lives: what is sent is kept in the journal, and delivered once one is started'
}

function nothing(): undefined {}

/** Records are right all the same, as they follow the database's clock; but a machine like this wants looking after. */
export function clockIsRight(aheadMs: number): string | undefined {
  if (Math.abs(aheadMs) <= CLOCK_OFF_MAX_MS) return undefined
  return `This machine's clock is ${(aheadMs / 1000).toFixed(1)} s ahead of the database's`
}
