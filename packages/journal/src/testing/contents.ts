import { DestinationVersionId, MessageId, RoomId } from '@roomlog/domain'
import type pg from 'pg'
import { toPartition } from '../partition.ts'
import type { DeadLetter, LaneChange, Partition, Totals } from '../port.ts'
import { toAppendId, toPosition } from '../position.ts'

// What tests and benchmarks see of a journal in Postgres beyond its port.

type Queries = Pick<pg.Pool, 'query'>

/** Rows of lanes: what is in none of them is settled as far as its partition is dispatched. */
export async function lanes(
  pool: Queries,
): Promise<readonly (Omit<LaneChange, 'intent' | 'sending'> & { readonly partition: Partition })[]> {
  const { rows } = await pool.query('select * from journal_lane order by partition, destination_version_id')
  return rows.map((row) => ({
    ...placeOf(row),
    checkpoint: toPosition(Number(row.checkpoint)),
    checkpointAppendId: row.checkpoint_append_id === null ? undefined : toAppendId(row.checkpoint_append_id),
    state: row.state,
    lastError: row.last_error ?? undefined,
    nextProbeAtMs: row.next_probe_at?.getTime(),
  }))
}

/** In the order in which they were buried. */
export async function letters(pool: Queries): Promise<readonly (DeadLetter & { readonly partition: Partition })[]> {
  const { rows } = await pool.query('select * from dead_letter order by id')
  return rows.map((row) => ({
    ...placeOf(row),
    position: toPosition(Number(row.position)),
    roomId: RoomId.parse(row.room_id),
    id: MessageId.parse(row.record_id),
    reason: row.reason,
    bytes: row.record,
  }))
}

/** Counters of each destination version in each partition. */
export async function totals(pool: Queries): Promise<readonly (Totals & { readonly partition: Partition })[]> {
  const { rows } = await pool.query('select * from delivery_total order by destination_version_id, partition')
  return rows.map((row) => ({
    ...placeOf(row),
    delivered: Number(row.delivered),
    repeatsPossible: Number(row.repeats_possible),
    dead: Number(row.dead),
    givenUp: Number(row.given_up),
    errors: {
      all: Number(row.errors_all),
      accessDenied: Number(row.errors_access_denied),
      notFound: Number(row.errors_not_found),
    },
    lastDeliveredAtMs: row.last_delivered_at?.getTime(),
    lastError: row.last_error ?? undefined,
  }))
}

const PROGRESS = `
select p.*, h.head, p.lease_expires_at > clock_timestamp() as leased
  from journal_progress p join journal_partition h using (partition) order by p.partition`

/** Each partition: how far it is, and who has it. */
export async function progress(pool: Queries) {
  const { rows } = await pool.query(PROGRESS)
  return rows.map((row) => ({
    partition: toPartition(row.partition),
    head: Number(row.head),
    dispatched: Number(row.dispatched),
    dispatchedAppendId: row.dispatched_append_id === null ? undefined : toAppendId(row.dispatched_append_id),
    troubleAt: row.trouble_position === null ? undefined : Number(row.trouble_position),
    trouble: row.trouble === null ? undefined : String(row.trouble),
    token: row.lease_token === null ? undefined : String(row.lease_token),
    /** Of a lease, over or not. */
    owner: row.lease_owner === null ? undefined : String(row.lease_owner),
    isLeased: row.leased === true,
  }))
}

/** Batches that are there, the oldest first. */
export async function batches(pool: Queries) {
  const { rows } = await pool.query(
    'select partition, first_position, record_count, committed_at from journal_batch order by committed_at, partition',
  )
  return rows.map((row) => ({
    partition: toPartition(row.partition),
    first: Number(row.first_position),
    records: Number(row.record_count),
    committedAtMs: Number(row.committed_at.getTime()),
  }))
}

const DRAINED = `
select not exists (select from journal_lane)
   and not exists (select from journal_progress p join journal_partition h using (partition)
                    where p.dispatched < h.head) as drained`

/** Everything that is in the journal is settled. */
export async function isDrained(pool: Queries): Promise<boolean> {
  const { rows } = await pool.query({ name: 'testing-drained', text: DRAINED })
  return rows[0].drained === true
}

const OWNED =
  'select exists (select from journal_progress where lease_owner is not null and lease_owner <> $1) as owned'

/** Somebody else than `owner` has taken a partition. */
export async function isTaken(pool: Queries, owner: string): Promise<boolean> {
  const { rows } = await pool.query({ name: 'testing-taken', text: OWNED, values: [owner] })
  return rows[0].owned === true
}

/** How many apis are in the roll. */
export async function apisSignedIn(pool: Queries): Promise<number> {
  const { rows } = await pool.query('select count(*)::integer as apis from journal_writer where api_expires_at > now()')
  return rows[0].apis
}

/** How many rows of batches were ever inserted, rolled back or not. */
export async function batchesEverInserted(pool: Queries): Promise<number> {
  await pool.query('select pg_stat_force_next_flush()')
  const { rows } = await pool.query(
    `select n_tup_ins::float8 as inserted from pg_stat_user_tables where relname = 'journal_batch'`,
  )
  return rows[0].inserted
}

function placeOf(row: { partition: number; destination_version_id: number }) {
  return {
    partition: toPartition(row.partition),
    destinationVersionId: DestinationVersionId.parse(row.destination_version_id),
  }
}
