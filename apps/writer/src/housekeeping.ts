import type { DestinationVersionId } from '@roomlog/domain'
import type { Journal, JournalTime, RetentionLimits } from '@roomlog/journal'
import type pg from 'pg'
import { type Clock, sleep } from './clock.ts'
import { finishDeletions } from './deletions.ts'
import type { Destinations } from './destinations.ts'
import type { Log } from './log.ts'
import { aboutOf } from './reports.ts'
import { createRetention } from './retention.ts'
import type { Writer } from './writer.ts'

/** No batch younger than this is trimmed: an append whose answer was lost must find it. */
const KEEP_MS = 10 * 60_000
const EVERY_MS = 1_000
const TRIM_EVERY_MS = 15_000
/** A call trims a few hundred batches, or forgets a thousand keys: many must not come faster than they go. */
const CALLS_MAX = 100
const PACE: Pace = { expireEveryMs: 60_000, patienceMs: 300_000 }
/** Seldom: a new S3 sink proves its bucket again, with a request more. */
const TIDY_EVERY_MS = 3_600_000

export type Pace = {
  readonly expireEveryMs: number
  /** How long a partition is worked before anything in it is given up. */
  readonly patienceMs: number
}

/** The writer's slow chores: trimming what is settled, old keys, retention, and ending configurations that have drained. */
export async function keepHouse(
  {
    journal,
    pool,
    destinations,
    writer,
    clock,
    time,
    log,
    retention,
    pace = PACE,
  }: {
    readonly journal: Journal
    readonly pool: pg.Pool
    readonly destinations: Destinations
    readonly writer: Writer
    readonly clock: Clock
    readonly time: JournalTime
    readonly log: Log
    readonly retention: RetentionLimits
    /** @default a minute, and 5 minutes */
    readonly pace?: Pace
  },
  signal: AbortSignal,
): Promise<void> {
  let trimAtMs = clock.monotonicMs() + TRIM_EVERY_MS
  const { expireEveryMs, patienceMs } = pace
  const describe = async (id: DestinationVersionId) => {
    const found = await destinations.get(id).catch(() => undefined)
    return found === undefined || found === 'abandoned' ? undefined : aboutOf(found.version)
  }
  const enforceRetention = createRetention({ journal, clock, log, limits: retention, patienceMs, aboutOf: describe })
  let expireAtMs = clock.monotonicMs() + expireEveryMs
  let tidyAtMs = clock.monotonicMs() + TIDY_EVERY_MS
  while (!signal.aborted) {
    await sleep(clock, EVERY_MS, signal)
    if (signal.aborted) return
    try {
      await finishDeletions({ pool, journal }, time, log)
      if (clock.monotonicMs() >= trimAtMs) {
        trimAtMs = clock.monotonicMs() + TRIM_EVERY_MS
        await trimAll(journal, writer, log)
        await forgetKeys(journal, log)
      }
      if (clock.monotonicMs() >= expireAtMs) {
        expireAtMs = clock.monotonicMs() + expireEveryMs
        await enforceRetention(writer.partitions())
      }
      if (clock.monotonicMs() >= tidyAtMs) {
        tidyAtMs = clock.monotonicMs() + TIDY_EVERY_MS
        destinations.keepOnly(new Set(writer.partitions().flatMap((worker) => [...worker.lanes.keys()])))
      }
    } catch (error) {
      log.warn({ event: 'housekeeping.failed', err: error }, 'Housekeeping failed; trying again.')
    }
  }
}

async function trimAll(journal: Journal, writer: Writer, log: Log): Promise<void> {
  for (const { lease } of writer.partitions()) {
    let records = 0
    for (let n = 0; n < CALLS_MAX; n++) {
      const gone = await journal.trim(lease.partition, { keepMs: KEEP_MS })
      if (gone === 0) break
      records += gone
    }
    if (records > 0) log.debug({ event: 'journal.trimmed', partition: lease.partition, records }, 'Journal trimmed.')
  }
}

/** Keys belong to no partition, so every writer forgets them; those that are at it at once pass over each other's. */
async function forgetKeys(journal: Journal, log: Log): Promise<void> {
  let keys = 0
  for (let n = 0; n < CALLS_MAX; n++) {
    const gone = await journal.forgetKeys()
    if (gone === 0) break
    keys += gone
  }
  if (keys > 0) log.debug({ event: 'journal.keysForgotten', keys }, 'Old keys forgotten.')
}
