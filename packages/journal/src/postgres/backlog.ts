import { DestinationVersionId } from '@roomlog/domain'
import type pg from 'pg'
import { SET_ASIDE_FORMAT } from '../entry.ts'
import type { Backlog, Transaction } from '../port.ts'

/** Looked at in a partition, so that a call costs the same whatever the backlog. */
const BATCHES_MAX = 5_000

/**
 * Records of the destination versions `$1` that are in the journal and not settled, by partition. Settled up to its
 * checkpoint is a version that has a lane, up to `dispatched` one that has none. A batch in which a checkpoint lies
 * counts in proportion, since batches tell only how many of their records go to a version. What was set aside is given up
 * and waits no more.
 *
 * At most `batchesMax` batches of a partition are looked at, oldest first; what lies beyond is taken to be like them.
 */
function backlogSql({ batchesMax }: { readonly batchesMax: number | undefined }): string {
  return `
with settled as (
  select p.partition, v.id as version, coalesce(l.checkpoint, p.dispatched) as position, h.head
    from journal_progress p
    join journal_partition h on h.partition = p.partition
   cross join unnest($1::integer[]) v (id)
    left join journal_lane l on l.partition = p.partition and l.destination_version_id = v.id),
floors as (
  select partition, min(position) as position from settled where position < head group by partition),
batches as (
  select f.partition, b.first_position + b.record_count - 1 as last_position, b.record_count, b.committed_at,
         b.destination_version_ids, b.destination_counts, b.format
    from floors f
   cross join lateral (
     select * from journal_batch j
      where j.partition = f.partition
        and j.first_position >= coalesce((select max(first_position) from journal_batch
                                           where partition = f.partition and first_position <= f.position), 0)
      order by j.first_position limit ${batchesMax ?? 'all'}) b),
looked as (select partition, max(last_position) as position from batches group by partition),
owed as (
  select s.partition, s.version, s.position, s.head, min(b.committed_at) as oldest,
         sum(ceil(c.count * least(1, (b.last_position - s.position)::numeric / b.record_count))) as records
    from settled s
    join batches b on b.partition = s.partition and b.last_position > s.position
   cross join lateral unnest(b.destination_version_ids, b.destination_counts) c (version, count)
   where c.version = s.version and b.format <> ${SET_ASIDE_FORMAT}
   group by s.partition, s.version, s.position, s.head)
select o.partition, o.version as destination_version_id, o.oldest as oldest_committed_at,
       (o.records + coalesce(round(o.records * (o.head - l.position) / nullif(l.position - o.position, 0)), 0))::bigint
         as records
  from owed o join looked l on l.partition = o.partition`
}

const BACKLOG = `
select destination_version_id as id, sum(records)::float8 as records,
       extract(epoch from clock_timestamp() - min(oldest_committed_at))::float8 * 1000 as lag_ms,
       min(p.trouble) filter (where coalesce(l.checkpoint, p.dispatched) < p.trouble_position) as trouble
  from (${backlogSql({ batchesMax: BATCHES_MAX })}) by_partition
  join journal_progress p using (partition)
  left join journal_lane l using (partition, destination_version_id)
 group by destination_version_id order by destination_version_id`

export async function backlog(pool: pg.Pool, versions: readonly DestinationVersionId[]): Promise<readonly Backlog[]> {
  const { rows } = await pool.query(BACKLOG, [versions])
  return rows
    .filter(({ records }) => records > 0)
    .map(({ id, records, lag_ms: lagMs, trouble }) => ({
      destinationVersionId: DestinationVersionId.parse(id),
      records,
      lagMs: Math.max(0, lagMs),
      trouble: trouble ?? undefined,
    }))
}

const DRAINED = `
select v.id from unnest($1::integer[]) v (id)
 where not exists (select from journal_lane l where l.destination_version_id = v.id)
   and not exists (select from journal_progress p join journal_batch b on b.partition = p.partition
                    where b.first_position > p.dispatched and v.id = any(b.destination_version_ids))
 order by v.id`

/** Those of which nothing is unsettled in any partition. */
export async function drained(
  pool: pg.Pool,
  versions: readonly DestinationVersionId[],
): Promise<readonly DestinationVersionId[]> {
  const { rows } = await pool.query(DRAINED, [versions])
  return rows.map(({ id }) => DestinationVersionId.parse(id))
}

// In this order: progress is locked first, so that nothing is settled between the count and the end.
const ABANDON: readonly string[] = [
  'select partition from journal_progress where $1::integer[] is not null order by partition for update',
  `insert into delivery_total as t (partition, destination_version_id, given_up)
   select partition, destination_version_id, records
     from (${backlogSql({ batchesMax: undefined })}) given_up where records > 0
   on conflict (partition, destination_version_id) do update set given_up = t.given_up + excluded.given_up`,
  'delete from journal_lane where destination_version_id = any($1::integer[])',
]

/** Gives up what the versions have not got yet, counted. */
export async function abandon(transaction: Transaction, versions: readonly DestinationVersionId[]): Promise<void> {
  for (const statement of ABANDON) await transaction.query(statement, [versions])
}
