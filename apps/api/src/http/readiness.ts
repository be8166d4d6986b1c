import { CLOCKS_AGREE_MS } from '@roomlog/domain'
import type { DatabaseClock, Journal } from '@roomlog/journal'
import { isDatabaseAway, sqlStateOf } from '../database/availability.ts'
import type { ReadyCheck } from './health.ts'

const ANSWER_WITHIN_MS = 2_000
/** Anybody may ask, and each look writes a little that is then thrown away. */
const LOOK_EVERY_MS = 1_000

/** The journal takes appends, and the clocks are right. Not having a writer keeps no append from being taken. */
export function readinessChecks(parts: {
  readonly journal: Pick<Journal, 'probe' | 'writers'>
  readonly clock: Pick<DatabaseClock, 'doubt' | 'wallAheadMs'>
  readonly nowMs: () => number
}): { readonly checks: readonly ReadyCheck[]; readonly notices: readonly ReadyCheck[] } {
  const { journal, clock, nowMs } = parts
  return {
    checks: [
      seldom(() => withinTime(journal.probe().then(nothing, wordsFor), 'The database does not answer'), nowMs),
      async () => clocksAreRight(clock),
    ],
    // While the database does not tell, nothing is said of writers.
    notices: [seldom(() => withinTime(journal.writers().then(writerWords, nothing), undefined), nowMs)],
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

function writerWords(alive: number): string | undefined {
  return alive > 0
    ? undefined
    : 'No writer lives: what is sent is kept in the journal, and delivered once one is started'
}

function nothing(): undefined {}

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
