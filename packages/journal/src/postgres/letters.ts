import { DestinationVersionId, MessageId, RoomId } from '@roomlog/domain'
import type pg from 'pg'
import type { Journal, KeptLetter, LettersChosen } from '../port.ts'

const LETTERS = `
select id::text, destination_version_id, room_id, record_id, reason, record,
       (extract(epoch from created_at) * 1000)::float8 as buried_ms
  from dead_letter where destination_version_id = any($1::integer[]) and id > $2::bigint
 order by id limit $3`

/** Dead letters, the oldest first. */
export async function letters(
  pool: pg.Pool,
  { from, after, lettersMax }: Parameters<Journal['letters']>[0],
): Promise<readonly KeptLetter[]> {
  const { rows } = await pool.query(LETTERS, [from, after, lettersMax])
  return rows.map((row) => ({
    letterId: row.id,
    destinationVersionId: DestinationVersionId.parse(row.destination_version_id),
    roomId: RoomId.parse(row.room_id),
    id: MessageId.parse(row.record_id),
    reason: row.reason,
    bytes: row.record,
    buriedAtMs: row.buried_ms,
  }))
}

const COUNT = `
select count(*)::float8 as count from dead_letter where destination_version_id = any($1::integer[])`

export async function countLetters(pool: pg.Pool, from: readonly DestinationVersionId[]): Promise<number> {
  const { rows } = await pool.query(COUNT, [from])
  return rows[0].count
}

const DISCARD = `
delete from dead_letter
 where id in (select id from dead_letter
               where destination_version_id = any($1::integer[]) and ($2::bigint[] is null or id = any($2))
               order by id limit $3 for update skip locked)`

/** Deletes dead letters for good. */
export async function discard(pool: pg.Pool, { from, letterIds, lettersMax }: LettersChosen): Promise<number> {
  const { rowCount } = await pool.query(DISCARD, [from, letterIds ?? null, lettersMax])
  return rowCount ?? 0
}
