import { DestinationVersionId } from '@roomlog/domain'
import type pg from 'pg'
import { checksumOf } from '../checksum.ts'
import { damaged, decodeEntries, faultOf, SET_ASIDE_FORMAT, type StoredEntry } from '../entry.ts'
import type { Fault, Partition, Position, SetAsideOutcome } from '../port.ts'
import { toAppendId, toPosition } from '../position.ts'
import { countsAtMost } from '../set-aside.ts'
import { isUnreadable } from './errors.ts'
import { isReadByAll } from './formats.ts'
import { unpack } from './packing.ts'
import { inTransaction } from './transaction.ts'

// The lease's row, as in `expire`: whoever settles waits here, and then finds another revision.
const HOLD = 'select dispatched::float8, trimmed::float8 from journal_progress where partition = $1 for update'

// Where the batch ends is told by what stands behind it: its own count may be what is damaged.
const PLACE = `
select p.head::float8, before.first_position::float8 as first, before.append_id,
       coalesce(next.first_position - 1, p.head)::float8 as last,
       case when next.first_position is null then p.last_append_id else next.previous_append_id end as last_append_id
  from journal_partition p
  left join lateral (select first_position, append_id from journal_batch
                      where partition = $1 and first_position <= $2 order by first_position desc limit 1) before on true
  left join lateral (select first_position, previous_append_id from journal_batch
                      where partition = $1 and first_position > $2 order by first_position limit 1) next on true
 where p.partition = $1`

const FACTS = `
select record_count, floor_time_ms::float8, format, destination_version_ids, destination_counts, unpacked_bytes,
       crc32::float8, set_aside_revision::float8
  from journal_batch where partition = $1 and first_position = $2`
const INDEX = 'select index as bytes from journal_batch where partition = $1 and first_position = $2'
const RECORDS = 'select records as bytes from journal_batch where partition = $1 and first_position = $2'

// A tombstone that is damaged in its turn: what was kept of the batch stays.
const KEEP = `
insert into journal_set_aside (partition, first_position, record_count, append_id, reason, format, destination_version_ids,
                               destination_counts, index, records, unpacked_bytes, crc32)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing`

// By two: a change that follows the revision before must not take this for its own first try.
const MOVE_ON = `
update journal_progress set revision = revision + 2, trouble = null, trouble_position = null
 where partition = $1 returning revision::float8`

const BURY = `
update journal_batch
   set record_count = $3, format = $4, destination_version_ids = $5, destination_counts = $6, index = '', records = '',
       unpacked_bytes = null, crc32 = $7, set_aside_revision = $8
 where partition = $1 and first_position = $2`

// For a batch whose row is gone: between its neighbours, with the append id by which the next one knows it.
const FILL = `
insert into journal_batch (partition, first_position, record_count, format, destination_version_ids, destination_counts,
                           index, records, crc32, set_aside_revision, append_id, previous_append_id, floor_time_ms)
select g.partition, g.first, $3, $4, $5, $6, '', '', $7, $8, $9,
       coalesce(b.append_id,
                (select dispatched_append_id from journal_progress p
                  where p.partition = g.partition and dispatched = g.first - 1),
                (select checkpoint_append_id from journal_lane l
                  where l.partition = g.partition and checkpoint = g.first - 1 limit 1)),
       coalesce(b.floor_time_ms, 0)
  from (select $1::smallint as partition, $2::bigint as first) g
  left join journal_batch b on b.partition = g.partition and b.first_position = $10`

// Of a batch whose row is gone nobody knows where its records went: most likely to where its neighbours' did. Others whose
// records stand a little behind it are named too, without a count: it must have a place in their lanes.
const NEIGHBOURS = `
with behind as (
  select first_position, destination_version_ids as ids from journal_batch
   where partition = $1 and first_position > $3 order by first_position limit 100),
named as (
  select unnest(ids) as id, first_position = (select min(first_position) from behind) as is_next from behind
  union all
  select unnest(destination_version_ids), true from journal_batch where partition = $1 and first_position = $2
  union all
  select destination_version_id, false from journal_lane where partition = $1)
select id, bool_or(is_next) as is_next from named group by id`

const VERSIONS = 'select id from destination_version where id = any($1::integer[]) order by id'

// Who has settled the batch has its records.
const COUNT = `
insert into delivery_total as t (partition, destination_version_id, given_up)
select $1, c.id, c.records
  from unnest($2::integer[], $3::bigint[]) c (id, records)
  join destination_version v on v.id = c.id and v.abandoned_at is null
  left join journal_lane l on l.partition = $1 and l.destination_version_id = c.id
 where coalesce(l.checkpoint, $4) < $5
on conflict (partition, destination_version_id) do update set given_up = t.given_up + excluded.given_up
returning destination_version_id as id`

const INTEGER_MAX = 2 ** 31 - 1
const GONE: Found = { facts: undefined, index: undefined, records: undefined }

/**
 * Sets the batch that holds a position aside, if it does not verify: a tombstone is left in its place, and what can be read
 * of it is kept in `journal_set_aside`. All of it in one transaction, or nothing.
 */
export async function setAside(pool: pg.Pool, partition: Partition, position: number): Promise<SetAsideOutcome> {
  return inTransaction(pool, async (client) => {
    const { rows: progress } = await client.query(HOLD, [partition])
    const { rows: places } = await client.query<Place>(PLACE, [partition, position])
    const [held, place] = [progress[0], places[0]]
    if (!held || !place || position > place.head || position <= held.trimmed) return { status: 'nowhere' }
    const judged = await judge(client, partition, position, { ...place, trimmed: held.trimmed })
    if (judged.status !== 'damaged') return judged
    if (!(await isReadByAll(client, SET_ASIDE_FORMAT, undefined))) return { status: 'too early' }
    const { first, found, reason, appendId, before } = judged
    const recordCount = place.last - first + 1
    const counts = await countsOf(client, partition, found, { first: before ?? first, last: place.last, recordCount })
    const [ids, records] = [[...counts.keys()], [...counts.values()]]
    await client.query(KEEP, [partition, first, recordCount, appendId, reason, ...kept(found)])
    const { rows: moved } = await client.query(MOVE_ON, [partition])
    const tombstone = {
      format: SET_ASIDE_FORMAT,
      destinationVersionIds: ids,
      destinationCounts: records,
      index: Buffer.alloc(0),
      bytes: Buffer.alloc(0),
    }
    const row = [
      partition,
      first,
      recordCount,
      SET_ASIDE_FORMAT,
      ids,
      records,
      checksumOf(tombstone),
      moved[0].revision,
    ]
    if (found === GONE) await client.query(FILL, [...row, appendId, before ?? null])
    else await client.query(BURY, row)
    const { rows: given } = await client.query(COUNT, [partition, ids, records, held.dispatched, place.last])
    return {
      status: 'set aside',
      first: toPosition(first),
      last: toPosition(place.last),
      reason,
      givenUp: given.map(({ id }) => ({
        destinationVersionId: DestinationVersionId.parse(id),
        records: counts.get(id) ?? 0,
      })),
    }
  })
}

type Place = {
  readonly head: number
  /** Of the batch that begins at the position or before it. */
  readonly first: number | null
  readonly append_id: string | null
  /** Up to what follows. */
  readonly last: number
  readonly last_append_id: string
}

type Facts = {
  readonly record_count: number
  readonly floor_time_ms: number
  readonly format: number
  readonly destination_version_ids: readonly number[]
  readonly destination_counts: readonly number[]
  readonly unpacked_bytes: number | null
  readonly crc32: number | null
  readonly set_aside_revision: number | null
}

/** What could be read of a row. */
type Found = {
  readonly facts: Facts | undefined
  readonly index: Buffer | undefined
  readonly records: Buffer | undefined
}

type Judged =
  | Exclude<SetAsideOutcome, { readonly status: 'set aside' }>
  | {
      readonly status: 'damaged'
      readonly reason: string
      readonly first: number
      readonly appendId: string
      readonly found: Found
      /** Of a batch whose row is gone: where the one before it begins. */
      readonly before: number | undefined
    }

async function judge(
  client: pg.PoolClient,
  partition: Partition,
  position: number,
  place: Place & { readonly trimmed: number },
): Promise<Judged> {
  const gone = {
    status: 'damaged',
    reason: 'its row is not there',
    appendId: place.last_append_id,
    found: GONE,
  } as const
  if (place.first === null || place.append_id === null) return { ...gone, first: place.trimmed + 1, before: undefined }
  const found = await find(client, [partition, place.first])
  const verdict = verdictOn(partition, place.first, place.append_id, found)
  if (verdict.status === 'damaged') {
    const { reason } = verdict
    return { status: 'damaged', reason, first: place.first, appendId: place.append_id, found, before: undefined }
  }
  const end = place.first + (found.facts?.record_count ?? 0)
  // It verifies, and ends before the position, and what follows begins behind it.
  return position >= end ? { ...gone, first: end, before: place.first } : verdict
}

async function find(client: pg.PoolClient, key: readonly number[]): Promise<Found> {
  const facts = await readable<Facts>(client, FACTS, key)
  const index = await readable<{ readonly bytes: Buffer }>(client, INDEX, key)
  const records = await readable<{ readonly bytes: Buffer }>(client, RECORDS, key)
  return { facts, index: index?.bytes, records: records?.bytes }
}

/** Undefined where Postgres itself cannot read it. */
async function readable<T extends pg.QueryResultRow>(
  client: pg.PoolClient,
  text: string,
  values: readonly number[],
): Promise<T | undefined> {
  await client.query('savepoint reading')
  try {
    const { rows } = await client.query<T>(text, [...values])
    return rows[0]
  } catch (error) {
    if (!isUnreadable(error)) throw error
    await client.query('rollback to savepoint reading')
    return undefined
  }
}

type Verdict =
  | { readonly status: 'whole' }
  | { readonly status: 'tombstone' }
  | Exclude<Fault, { status: 'unreadable' }>

function verdictOn(
  partition: Partition,
  first: number,
  appendId: string,
  { facts, index, records }: Found,
): Verdict | { readonly status: 'unreadable'; readonly format: number } {
  const position: Position = toPosition(first)
  if (!facts || !index || !records) return { status: 'damaged', position, reason: 'Postgres cannot read it' }
  const stored: StoredEntry = {
    partition,
    firstPosition: position,
    appendId: toAppendId(appendId),
    committedAtMs: 0,
    floorTimeMs: facts.floor_time_ms,
    format: facts.format,
    destinationVersionIds: facts.destination_version_ids,
    destinationCounts: facts.destination_counts,
    recordCount: facts.record_count,
    crc32: facts.crc32 ?? undefined,
    setAsideRevision: facts.set_aside_revision ?? undefined,
    index,
    bytes: records,
  }
  const fault = faultOf(stored)
  if (fault?.status === 'damaged') return fault
  if (fault) {
    // Every version that knows more formats than this one writes a checksum.
    if (facts.crc32 !== null) return { status: 'unreadable', format: fault.format }
    return { status: 'damaged', position, reason: `its format ${fault.format} is none, and it has no checksum` }
  }
  const entry = unpack(stored, facts.unpacked_bytes ?? undefined)
  const opened = decodeEntries([entry ?? damaged(position, 'its records cannot be unpacked')])
  if (opened.status === 'damaged') return opened
  return { status: facts.format === SET_ASIDE_FORMAT ? 'tombstone' : 'whole' }
}

async function countsOf(
  client: pg.PoolClient,
  partition: Partition,
  { facts, index }: Found,
  place: { readonly first: number; readonly last: number; readonly recordCount: number },
): Promise<ReadonlyMap<number, number>> {
  let claimed: ReadonlyMap<number, number>
  if (facts) {
    const { destination_version_ids: destinationVersionIds, destination_counts: destinationCounts } = facts
    claimed = countsAtMost({ destinationVersionIds, destinationCounts, index }, place.recordCount)
  } else {
    const values = [partition, place.first, place.last]
    const { rows } = await client.query<{ id: number; is_next: boolean }>(NEIGHBOURS, values)
    claimed = new Map(rows.map(({ id, is_next: isNext }) => [id, isNext ? place.recordCount : 0]))
  }
  const ids = [...claimed.keys()].filter((id) => id > 0 && id <= INTEGER_MAX)
  const { rows: known } = await client.query<{ id: number }>(VERSIONS, [ids])
  return new Map(known.map(({ id }) => [id, claimed.get(id) ?? place.recordCount]))
}

function kept({ facts, index, records }: Found) {
  return [
    facts?.format ?? null,
    facts?.destination_version_ids ?? null,
    facts?.destination_counts ?? null,
    index ?? null,
    records ?? null,
    facts?.unpacked_bytes ?? null,
    facts?.crc32 ?? null,
  ]
}
