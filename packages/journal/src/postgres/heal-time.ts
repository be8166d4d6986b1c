import { CLOCKS_AGREE_MS } from '@roomlog/domain'
import type pg from 'pg'
import type { Partition, TimeHealing } from '../port.ts'
import { healingOf } from '../time/healing.ts'
import type { JournalTime } from '../time/journal-time.ts'
import { agreesSql, believedMs, nowSql } from './time.ts'

// The head's lock keeps appends out. Where time fell is kept as long as batches on both sides may be there: what looks for
// hours by bisection must know.
const HEAL = `
with seen as (
  select last_time_ms, floor(extract(epoch from ${nowSql('$2')}) * 1000)::bigint as now_ms, ${agreesSql('$2')} as agrees
    from journal_partition where partition = $1 for update),
healed as (
  update journal_partition p
     set last_time_ms = seen.now_ms,
         healed_positions = array(select h from journal_progress g, unnest(p.healed_positions) h
                                   where g.partition = $1 and h >= g.trimmed order by h) || p.head
    from seen where p.partition = $1 and $3::boolean and seen.agrees and seen.last_time_ms - seen.now_ms > $4)
select (last_time_ms - now_ms)::float8 as ahead_ms, agrees from seen`

/** Lets a partition's time fall to now, where a clock that had jumped left it ahead. */
export async function healTime(
  pool: pg.Pool,
  time: JournalTime | undefined,
  partition: Partition,
  { dryRun }: { readonly dryRun: boolean },
): Promise<TimeHealing> {
  const decides = time?.sure() ?? true
  const values = [partition, believedMs(time), decides && !dryRun, CLOCKS_AGREE_MS]
  const { rows } = await pool.query<{ ahead_ms: number; agrees: boolean }>(HEAL, values)
  const [row] = rows
  if (row === undefined) throw new Error(`partition ${partition} does not exist`)
  return healingOf({ aheadMs: row.ahead_ms, sure: decides && row.agrees, dryRun })
}
