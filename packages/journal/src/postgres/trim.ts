import type pg from 'pg'
import type { Partition } from '../port.ts'
import type { JournalTime } from '../time/journal-time.ts'
import { agreesSql, believedMs, nowSql } from './time.ts'

const BATCHES_MAX = 500

// The floor is read in the statement's one snapshot: a lane row appears only together with a move of `dispatched`, so it
// can never stand below a floor that was read before. Only a prefix goes, so that what is left has no gap. The scan starts
// at what is gone already, not at the dead index entries before it.
const TRIM = `
with floor as (
  select least(p.dispatched, (select min(checkpoint) from journal_lane l where l.partition = $1)) as position
    from journal_progress p where p.partition = $1),
oldest as (
  select first_position, first_position + record_count - 1 as last_position, record_count, committed_at
    from journal_batch
   where partition = $1 and first_position > (select trimmed from journal_progress where partition = $1)
   order by first_position limit ${BATCHES_MAX}),
kept as (
  select min(first_position) as first_position from oldest, floor
   where last_position > floor.position or committed_at > ${nowSql('$3')} - $2 * interval '1 ms'),
gone as (
  delete from journal_batch b using oldest o, kept
   where b.partition = $1 and b.first_position = o.first_position and ${agreesSql('$3')}
     and (kept.first_position is null or o.first_position < kept.first_position)
  returning o.last_position, o.record_count),
noted as (
  update journal_progress set trimmed = greatest(trimmed, (select max(last_position) from gone))
   where partition = $1 and exists (select from gone))
select coalesce(sum(record_count), 0) as records from gone`

/** Deletes settled batches older than `keepMs`, the oldest few hundred at a time. */
export async function trim(
  pool: pg.Pool,
  time: JournalTime | undefined,
  partition: Partition,
  limits: { readonly keepMs: number },
): Promise<number> {
  // An age by a clock that has jumped is none.
  if (time?.sure() === false) return 0
  const values = [partition, limits.keepMs, believedMs(time)]
  const { rows } = await pool.query({ name: 'journal-trim', text: TRIM, values })
  return Number(rows[0].records)
}
