import type pg from 'pg'

type Queries = Pick<pg.Pool, 'query'>

const TABLES = { batches: 'journal_batch', writers: 'journal_writer' } as const

/** Takes a table of the journal away; the answer puts it back. */
export async function hide(pool: Queries, what: keyof typeof TABLES): Promise<() => Promise<void>> {
  const table = TABLES[what]
  await pool.query(`alter table ${table} rename to ${table}_hidden`)
  return async () => void (await pool.query(`alter table ${table}_hidden rename to ${table}`))
}

/** Keeps all partitions from appends until the client's transaction ends. */
export async function lockHeads(client: Queries): Promise<void> {
  await client.query('select from journal_partition order by partition for update')
}

/** Fills the disk by so much, in the journal's largest table, where nobody reads it. */
export async function insertNothing(pool: Queries, bytes: number): Promise<void> {
  await pool.query(
    `insert into journal_batch (partition, first_position, record_count, append_id, floor_time_ms, format,
                                destination_version_ids, destination_counts, index, records)
     select 0, -2 - (select count(*) from journal_batch), 1, gen_random_uuid(), 0, 0, '{}', '{}', '',
            decode(repeat('00', $1), 'hex')`,
    [bytes],
  )
}

/** Signs a writer in that reads these formats; undefined: of a version that did not say so. */
export async function signInReaderOf(pool: Queries, id: string, formats: readonly number[] | undefined): Promise<void> {
  await pool.query(
    `insert into journal_writer (id, expires_at, formats) values ($1, now() + interval '1 hour', $2::smallint[])`,
    [id, formats ?? null],
  )
}

/** How many writers the versions count that knew no apis in the roll. */
export async function writersAsCountedBefore(pool: Queries): Promise<number> {
  const { rows } = await pool.query('select count(*)::integer as writers from journal_writer where expires_at > now()')
  return rows[0].writers
}
