import { SET_ASIDE_FORMAT } from './entry.ts'

/**
 * Records of the destination versions `$1` that are in the journal and not settled, by partition. Settled up to its
 * checkpoint is a version that has a lane, up to `dispatched` one that has none. A batch in which a checkpoint lies
 * counts in proportion, since batches tell only how many of their records go to a version. What was set aside is given up
 * and waits no more.
 *
 * At most `batchesMax` batches of a partition are looked at, oldest first; what lies beyond is taken to be like them.
 */
export function backlogSql({ batchesMax }: { readonly batchesMax: number | undefined }): string {
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

/** Writers that have signed in and are not late to say that they live. */
export const WRITERS_ALIVE_SQL = 'select count(*)::integer as writers from journal_writer where expires_at > now()'

/**
 * Gives up what the destination versions `$1` have not got yet: counted, then marked, so that the writer drops what it
 * still holds. To be run in this order in one transaction. Progress is locked first; a cycle in flight may still land,
 * so the count is an upper bound.
 */
export const ABANDON_SQL: readonly string[] = [
  'select partition from journal_progress where $1::integer[] is not null order by partition for update',
  `insert into delivery_total as t (partition, destination_version_id, given_up)
   select partition, destination_version_id, records
     from (${backlogSql({ batchesMax: undefined })}) given_up where records > 0
   on conflict (partition, destination_version_id) do update set given_up = t.given_up + excluded.given_up`,
  'delete from journal_lane where destination_version_id = any($1::integer[])',
  'update destination_version set abandoned_at = now() where id = any($1::integer[])',
]
