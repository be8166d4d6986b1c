import type { Journal } from '@roomlog/journal'
import type pg from 'pg'
import type { Clock } from './clock.ts'
import type { Destinations } from './destinations.ts'
import type { Log } from './log.ts'
import type { Writer } from './writer.ts'

/** No batch younger than this is trimmed: an append whose answer was lost must find it. */
const KEEP_MS = 10 * 60_000
const EVERY_MS = 1_000
const TRIM_EVERY_MS = 15_000

// A configuration that is being deleted goes once nothing addressed to it is unsettled in any partition. Nothing new
// can be: its state was changed under a bump of the config version.
const FINISH_DELETIONS = `
delete from logging_configuration c
 where c.state = 'DELETING' and not exists (
   select from destination_version v
    where v.logging_configuration_id = c.id and v.abandoned_at is null
      and (exists (select from journal_lane l where l.destination_version_id = v.id)
        or exists (select from journal_progress p join journal_batch b on b.partition = p.partition
                    where b.first_position > p.dispatched and v.id = any(b.destination_version_ids))))
returning c.id`

/** The writer's slow chores: trimming what is settled, and ending configurations that have drained. */
export async function keepHouse(
  {
    journal,
    pool,
    destinations,
    writer,
    clock,
    log,
  }: {
    readonly journal: Journal
    readonly pool: pg.Pool
    readonly destinations: Destinations
    readonly writer: Writer
    readonly clock: Clock
    readonly log: Log
  },
  signal: AbortSignal,
): Promise<void> {
  let trimAtMs = clock.monotonicMs() + TRIM_EVERY_MS
  while (!signal.aborted) {
    await clock.sleep(EVERY_MS, signal)
    if (signal.aborted) return
    try {
      const { rows } = await pool.query(FINISH_DELETIONS)
      for (const { id } of rows)
        log.info({ event: 'configuration.deleted', id }, 'A drained configuration was deleted.')
      if (clock.monotonicMs() < trimAtMs) continue
      trimAtMs = clock.monotonicMs() + TRIM_EVERY_MS
      await trimAll(journal, writer, log)
      destinations.keepOnly(new Set(writer.partitions().flatMap((worker) => [...worker.lanes.keys()])))
    } catch (error) {
      log.warn({ event: 'housekeeping.failed', err: error }, 'Housekeeping failed; trying again.')
    }
  }
}

async function trimAll(journal: Journal, writer: Writer, log: Log): Promise<void> {
  for (const { lease } of writer.partitions()) {
    const records = await journal.trim(lease.partition, { keepMs: KEEP_MS })
    if (records > 0) log.debug({ event: 'journal.trimmed', partition: lease.partition, records }, 'Journal trimmed.')
  }
}
