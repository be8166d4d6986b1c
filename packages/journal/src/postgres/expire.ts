import { DestinationVersionId } from '@roomlog/domain'
import type pg from 'pg'
import { SET_ASIDE_FORMAT } from '../entry.ts'
import type { GivenUp, HeldLease, RetentionLimits } from '../port.ts'
import { drainingMs, tooMany } from '../retention.ts'
import type { JournalTime } from '../time/journal-time.ts'
import { type HourEnd, hourEndsOf } from './hour-ends.ts'
import { agreesSql, believedMs, nowSql } from './time.ts'
import { inTransaction } from './transaction.ts'

/** Of the batches from which the weight of all is reckoned, at either end. */
const SAMPLE = 500
/** Given up by one call: counting must end in time. The rest goes with the next. */
const RECORDS_MAX = 2_000_000

// octet_length of an external value reads only its pointer.
const MEASURE = `
with place as (
  select p.dispatched, h.head, (extract(epoch from ${nowSql('$3')}) * 1000)::float8 as now_ms,
         h.healed_positions::float8[] as healed,
         least(p.dispatched, (select min(checkpoint) from journal_lane where partition = $1)) as floor
    from journal_progress p join journal_partition h on h.partition = p.partition
   where p.partition = $1 and p.lease_token = $2 and ${agreesSql('$3')}),
sample as (
  (select b.first_position, record_count, octet_length(index) + octet_length(records) as bytes
     from place, journal_batch b where b.partition = $1 and b.first_position > place.floor
    order by b.first_position limit ${SAMPLE})
  union
  (select b.first_position, record_count, octet_length(index) + octet_length(records) as bytes
     from place, journal_batch b where b.partition = $1 and b.first_position > place.floor
    order by b.first_position desc limit ${SAMPLE}))
select dispatched::float8, head::float8, floor::float8, now_ms, healed,
       (select sum(bytes)::float8 / sum(record_count) from sample) as record_bytes
  from place`

const LANES = `
select destination_version_id as id, checkpoint::float8,
       state <> 'flowing' and not exists (
         select from delivery_total t where t.partition = l.partition and t.destination_version_id = l.destination_version_id
            and t.last_delivered_at > ${nowSql('$3')} - $2 * interval '1 ms') as stuck,
       (select (extract(epoch from committed_at) * 1000)::float8 from journal_batch b
         where b.partition = l.partition and b.first_position > l.checkpoint
         order by b.first_position limit 1) as oldest_ms
  from journal_lane l where partition = $1 order by destination_version_id`

// What was set aside was counted then.
const COUNT = `
select m.id, (select coalesce(sum(c.count), 0)
                from journal_batch b cross join lateral unnest(b.destination_version_ids, b.destination_counts) c (version, count)
               where b.partition = $1 and b.first_position > m.after and b.first_position <= m.upto and c.version = m.id
                 and b.format <> ${SET_ASIDE_FORMAT})::float8 as records
  from unnest($2::integer[], $3::bigint[], $4::bigint[]) m (id, after, upto)`

const HOLD = 'select from journal_progress where partition = $1 and lease_token = $2 for update'

// Only what stands where it was counted from: a lane that has moved meanwhile is looked at again another time.
const MOVE = `
update journal_lane l
   set checkpoint = m.upto, checkpoint_append_id = m.append_id, intent = case when l.intent > m.upto then l.intent end
  from unnest($2::integer[], $3::bigint[], $4::bigint[], $5::uuid[], $6::boolean[]) m (id, after, upto, append_id, whatever)
 where l.partition = $1 and l.destination_version_id = m.id and l.checkpoint = m.after
   and (m.whatever or l.state <> 'flowing')
returning l.destination_version_id as id`

const NOTE = `
with counted as (
  insert into delivery_total as t (partition, destination_version_id, given_up)
  select $1, * from unnest($2::integer[], $3::bigint[])
  on conflict (partition, destination_version_id) do update set given_up = t.given_up + excluded.given_up)
update journal_progress set revision = revision + 2 where partition = $1`

type Lane = {
  readonly id: number
  readonly checkpoint: number
  readonly stuck: boolean
  readonly oldest_ms: number | null
}
type Move = { readonly lane: Lane; readonly to: HourEnd; readonly whatever: boolean }

/** Gives up what is beyond the limits, in whole hours. Measured and counted first, so that locks are held for a moment. */
export async function expire(
  pool: pg.Pool,
  time: JournalTime | undefined,
  lease: HeldLease,
  limits: RetentionLimits,
): Promise<readonly GivenUp[]> {
  // Nothing is given up at a time that nobody vouches for.
  if (time?.sure() === false) return []
  const moves = await plan(pool, time, lease, limits)
  if (moves.length === 0) return []
  const ids = moves.map(({ lane }) => lane.id)
  const froms = moves.map(({ lane }) => lane.checkpoint)
  const ends = moves.map(({ to }) => to.position)
  const appendIds = moves.map(({ to }) => to.appendId)
  const counted = await pool.query<{ id: number; records: number }>(COUNT, [lease.partition, ids, froms, ends])
  return inTransaction(pool, async (client) => {
    const held = await client.query(HOLD, [lease.partition, lease.token])
    if (held.rowCount === 0) return []
    const whatever = moves.map((move) => move.whatever)
    const values = [lease.partition, ids, froms, ends, appendIds, whatever]
    const { rows: moved } = await client.query<{ id: number }>(MOVE, values)
    const given = counted.rows.filter(({ id }) => moved.some((row) => row.id === id))
    // By two: a change that follows the revision before must not take this for its own first try.
    if (given.length > 0) {
      await client.query(NOTE, [lease.partition, given.map(({ id }) => id), given.map(({ records }) => records)])
    }
    return given.map(({ id, records }) => ({ destinationVersionId: DestinationVersionId.parse(id), records }))
  })
}

async function plan(
  pool: pg.Pool,
  time: JournalTime | undefined,
  lease: HeldLease,
  limits: RetentionLimits,
): Promise<readonly Move[]> {
  const measuring = [lease.partition, lease.token, believedMs(time)]
  const measured = await pool.query({ name: 'journal-measure', text: MEASURE, values: measuring })
  const place: {
    dispatched: number
    head: number
    floor: number
    now_ms: number
    healed: readonly number[] | null
    record_bytes: number | null
  } = measured.rows[0]
  if (!place || place.record_bytes === null) return []
  const values = [lease.partition, drainingMs(limits), believedMs(time)]
  const { rows: lanes } = await pool.query<Lane>({ name: 'journal-lanes', text: LANES, values })
  const ends = hourEndsOf(pool, lease.partition, place.healed ?? [])
  const moves = new Map<number, Move>()
  const { dispatched } = place

  const youngestMs = place.now_ms - limits.keepMs
  const stuck = lanes.filter((lane) => lane.stuck && lane.checkpoint < dispatched)
  if (stuck.some(({ oldest_ms }) => oldest_ms !== null && oldest_ms <= youngestMs)) {
    const after = Math.min(...stuck.map((lane) => lane.checkpoint))
    const aged = await ends.committedBy(youngestMs, after, dispatched)
    // What lies behind a fall of time goes with the next call.
    const fall = aged && (await ends.fall(after, aged))
    const to = aged && (await withinReach(after, fall ?? (await ends.last(after, aged))))
    if (to) add(stuck, to, false)
  }

  const floor = Math.min(dispatched, ...lanes.map((lane) => moves.get(lane.id)?.to.position ?? lane.checkpoint))
  const records = place.head - floor
  const over = tooMany({ records, bytes: records * place.record_bytes, bytesMax: limits.bytesMax })
  if (over > 0 && floor < dispatched) {
    const target = floor + over
    const fall = await ends.fall(floor, dispatched)
    const upTo = fall?.position ?? dispatched
    const to =
      (target <= upTo ? await ends.first(target, upTo) : undefined) ??
      fall ??
      (await ends.last(floor, Math.min(target, dispatched)))
    const reached = await withinReach(floor, to)
    if (reached) add(lanes, reached, true)
  }
  return [...moves.values()].sort((a, b) => a.lane.id - b.lane.id)

  function add(concerned: readonly Lane[], to: HourEnd, whatever: boolean): void {
    for (const lane of concerned) {
      if ((moves.get(lane.id)?.to.position ?? lane.checkpoint) < to.position) moves.set(lane.id, { lane, to, whatever })
    }
  }

  async function withinReach(after: number, to: HourEnd | undefined): Promise<HourEnd | undefined> {
    if (!to || to.position - after <= RECORDS_MAX) return to
    return (await ends.first(after + RECORDS_MAX, to.position)) ?? to
  }
}
