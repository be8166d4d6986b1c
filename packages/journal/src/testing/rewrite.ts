import type pg from 'pg'
import type { AppendId, Partition } from '../port.ts'

// What tests and benchmarks do to a journal in Postgres that nobody does in production.

type Queries = Pick<pg.Pool, 'query'>

/** Time passes: that is the same as everything having happened earlier. */
export async function elapse(pool: Queries, ms: number): Promise<void> {
  const earlier = `- ${ms} * interval '1 ms'`
  await pool.query(`
    update journal_progress set lease_expires_at = lease_expires_at ${earlier};
    update journal_writer set expires_at = expires_at ${earlier}, api_expires_at = api_expires_at ${earlier};
    update journal_lane set quiet_since = quiet_since ${earlier};
    update journal_batch set committed_at = committed_at ${earlier};
    update journal_key set created_at = created_at ${earlier};`)
}

/** Batches (those of so many records, where that is said) were committed so long ago. */
export async function age(pool: Queries, ms: number, records?: number): Promise<void> {
  await pool.query(
    `update journal_batch set committed_at = now() - $1 * interval '1 ms' where $2::integer is null or record_count = $2`,
    [Math.round(ms), records ?? null],
  )
}

/** Flips a bit of the batch that holds the position; twice, and it is whole again. */
export async function damage(
  pool: Queries,
  partition: Partition,
  position: number,
  part: 'index' | 'bytes',
): Promise<void> {
  const column = part === 'bytes' ? 'records' : 'index'
  await pool.query(
    `update journal_batch set ${column} = set_byte(${column}, length(${column}) / 2, get_byte(${column}, length(${column}) / 2) # 1)
      where partition = $1 and first_position <= $2 and first_position + record_count > $2`,
    [partition, position],
  )
}

/** The batch that begins there is of another format, and nothing vouches for it. */
export async function setFormat(pool: Queries, partition: Partition, first: number, format: number): Promise<void> {
  await pool.query('update journal_batch set format = $3, crc32 = null where partition = $1 and first_position = $2', [
    partition,
    first,
    format,
  ])
}

/** The partition is as it was before its first batch, as in a restored database. */
export async function rewind(pool: Queries, partition: Partition): Promise<void> {
  const here = Number(partition)
  await pool.query(`
    with batches as (delete from journal_batch where partition = ${here}),
         lanes as (delete from journal_lane where partition = ${here}),
         progress as (update journal_progress set dispatched = 0, dispatched_append_id = null, revision = 0
                       where partition = ${here})
    update journal_partition set head = 0, last_append_id = null, previous_append_id = null where partition = ${here}`)
}

/** No lane has a row, and the partition is dispatched as far as it was then: a writer was killed before it wrote. */
export async function untouchedSince(
  pool: Queries,
  { partition, dispatched, dispatchedAppendId }: Then,
): Promise<void> {
  await pool.query('delete from journal_lane where partition = $1', [partition])
  await pool.query('update journal_progress set dispatched = $2, dispatched_append_id = $3 where partition = $1', [
    partition,
    dispatched,
    dispatchedAppendId ?? null,
  ])
}

type Then = {
  readonly partition: Partition
  readonly dispatched: number
  readonly dispatchedAppendId: AppendId | undefined
}

const NO_DELIVERY = `
truncate journal_lane, delivery_total, dead_letter, journal_writer;
update journal_progress set dispatched = 0, dispatched_append_id = null, revision = 0, trimmed = 0,
                            lease_owner = null, lease_token = null, lease_expires_at = null`

/** Nothing was delivered of what is in the journal, and nobody works it. */
export async function forgetDelivery(pool: Queries): Promise<void> {
  await pool.query(NO_DELIVERY)
}

/** Nothing was ever in the journal. */
export async function empty(pool: Queries): Promise<void> {
  await pool.query(`${NO_DELIVERY};
    truncate journal_batch, journal_set_aside, journal_key;
    update journal_partition set head = 0, last_time_ms = 0, floor_time_ms = 0, last_append_id = null,
                                 previous_append_id = null`)
}
