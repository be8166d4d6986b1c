import { IDEMPOTENCY_KEY_KEPT_MS, IdempotencyKey, MessageId, RoomId } from '@roomlog/domain'
import type pg from 'pg'
import { KEYS_FORGOTTEN_MAX } from '../key-name.ts'
import type { KeyName, RecordKey } from '../port.ts'
import type { JournalTime } from '../time/journal-time.ts'
import { askAgain } from './ask-again.ts'
import { agreesSql, believedMs, nowSql } from './time.ts'

/** What an append violates that gives a key which is known. */
export const KEY_CONSTRAINT = 'journal_key_pkey'

// A key is as old as everybody agrees that it is: one that a clock in doubt calls old is known.
const isOldSql = (column: string, believed: string, sure: string) =>
  `(${sure}::boolean and ${agreesSql(believed)}
    and ${column} <= ${nowSql(believed)} - interval '${IDEMPOTENCY_KEY_KEPT_MS} ms')`

/**
 * Parts of an append that add its keys behind the head's lock, whose part is `moved`. Whether a key is new is for its index
 * alone to say: the statement reads nothing but what is old, which it replaces in place. The parameters begin with `$first`.
 */
export const addKeysSql = (first: number) => {
  const [rooms, keys, hashes, ids, sendTimes, believed, sure] = Array.from({ length: 7 }, (_, n) => `$${first + n}`)
  return `
asked as (
  select room_id, key, decode(hash, 'hex') as hash, record_id, send_time
    from unnest(${rooms}::text[], ${keys}::text[], ${hashes}::text[], ${ids}::text[], ${sendTimes}::text[])
         a (room_id, key, hash, record_id, send_time)),
replaced as (
  update journal_key k
     set hash = a.hash, record_id = a.record_id, send_time = a.send_time, created_at = ${nowSql(`${believed}`)}
    from asked a, moved
   where k.room_id = a.room_id and k.key = a.key and ${isOldSql('k.created_at', `${believed}`, `${sure}`)}
  returning k.room_id, k.key),
added as (
  insert into journal_key (room_id, key, hash, record_id, send_time, created_at)
  select a.room_id, a.key, a.hash, a.record_id, a.send_time, ${nowSql(`${believed}`)}
    from asked a, moved
   where not exists (select from replaced r where r.room_id = a.room_id and r.key = a.key))`
}

export function addKeysValues(time: JournalTime | undefined, keys: readonly RecordKey[]): readonly unknown[] {
  return [
    keys.map(({ roomId }) => roomId),
    keys.map(({ key }) => key),
    keys.map(({ hash }) => hash),
    keys.map(({ id }) => id),
    keys.map(({ sendTime }) => sendTime),
    ...clockValues(time),
  ]
}

// Each found row is written as it is: a commit that waits for its standby is visible once the server was restarted, and the
// write waits for what a commit waits for. Rows are locked in one order, so that those who ask for the same never deadlock.
const FIND = `
with found as (
  select k.room_id, k.key
    from journal_key k join unnest($1::text[], $2::text[]) a (room_id, key) using (room_id, key)
   where not ${isOldSql('k.created_at', '$3', '$4')}
   order by k.room_id, k.key
     for no key update of k)
update journal_key k set hash = k.hash from found f where k.room_id = f.room_id and k.key = f.key
returning k.room_id, k.key, encode(k.hash, 'hex') as hash, k.record_id, k.send_time`

// As for an append: beyond it the socket is dead.
const ANSWER: object = { query_timeout: 15_000 }

/** Those of these keys that are known. What is not known costs no more than to read it. */
export async function findKeys(
  client: Pick<pg.PoolClient, 'query'>,
  time: JournalTime | undefined,
  names: readonly KeyName[],
): Promise<readonly RecordKey[]> {
  const values = [names.map(({ roomId }) => roomId), names.map(({ key }) => key), ...clockValues(time)]
  const query: pg.QueryConfig = { name: 'journal-find-keys', text: FIND, values, ...ANSWER }
  const { rows } = await askAgain(() => client.query(query))
  return rows.map((row) => ({
    roomId: RoomId.parse(row.room_id),
    key: IdempotencyKey.parse(row.key),
    hash: row.hash,
    id: MessageId.parse(row.record_id),
    sendTime: row.send_time,
  }))
}

// A row that is just being replaced, or forgotten by another, is passed over.
const FORGET = `
delete from journal_key
 where (room_id, key) in (
   select room_id, key from journal_key
    where ${isOldSql('created_at', '$1', '$2')}
    order by created_at limit ${KEYS_FORGOTTEN_MAX}
      for update skip locked)`

/** Forgets the oldest of those that are old. */
export async function forgetKeys(pool: pg.Pool, time: JournalTime | undefined): Promise<number> {
  if (time?.sure() === false) return 0
  const { rowCount } = await pool.query({ name: 'journal-forget-keys', text: FORGET, values: clockValues(time) })
  return rowCount ?? 0
}

function clockValues(time: JournalTime | undefined): unknown[] {
  return [believedMs(time), time?.sure() ?? true]
}
