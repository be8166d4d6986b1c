import type pg from 'pg'
import { checksumOf } from '../checksum.ts'
import { encodeEntry } from '../entry.ts'
import type { AppendId, AppendOutcome, AppendRequest, Position } from '../port.ts'
import { toPosition } from '../position.ts'
import { reasonOf } from '../reason.ts'
import type { JournalTime } from '../time/journal-time.ts'
import { askAgain } from './ask-again.ts'
import { certainlyRolledBack, violatedUnique } from './errors.ts'
import { addKeysSql, addKeysValues, findKeys, KEY_CONSTRAINT } from './keys.ts'
import { pack } from './packing.ts'
import { believedMs, nowSql } from './time.ts'

// The head's row lock orders commits; SET reads the values before the update, which is how a batch learns its
// predecessor and its floor of time in the same statement.
const MOVED = `
moved as (
  update journal_partition
     set head = head + $4, floor_time_ms = last_time_ms, last_time_ms = greatest(last_time_ms, $5),
         previous_append_id = last_append_id, last_append_id = $2
   where partition = $1 and config_version = $3
  returning head - $4 + 1 as first_position, floor_time_ms, previous_append_id)`
const INSERT = `
insert into journal_batch (partition, first_position, record_count, append_id, previous_append_id, floor_time_ms,
                           format, destination_version_ids, destination_counts, index, records, unpacked_bytes, crc32,
                           committed_at)
select $1, first_position, $4, $2, previous_append_id, floor_time_ms, $6, $7, $8, $9, $10, $11, $12, ${nowSql('$13')} from moved
returning first_position`
const APPEND = `with ${MOVED} ${INSERT}`

const APPEND_KEYED = `with ${MOVED}, appended as (${INSERT}), ${addKeysSql(14)} select first_position from appended`

// For what a room without destinations would have had recorded: the head stays where it is.
const ADD_KEYS = `
with moved as (
  update journal_partition set head = head where partition = $1 and config_version = $2 returning head), ${addKeysSql(3)}
select 0 as first_position from moved`

// Longer than `lock_timeout`, so that a partition held by another ends as a rollback: beyond it the socket is dead.
// (pg takes it with a query; its type does not say so.)
const ANSWER: object = { query_timeout: 15_000 }

// Found by reading alone it might be on this machine only: a commit that waits for its standby is visible once the server was
// restarted. So a write of its own, which changes nothing, is committed behind it, and waits for what a commit waits for.
const FIND = `
with found as (select partition, first_position from journal_batch where append_id = $1)
update journal_partition p set head = p.head from found where p.partition = found.partition
returning found.first_position`
const VERSION = 'select config_version from journal_partition where partition = $1'

/** Appends a batch, or finds what an earlier try with the same append id did. */
export async function append(
  pool: pg.Pool,
  mayPack: boolean,
  time: JournalTime | undefined,
  request: AppendRequest,
): Promise<AppendOutcome> {
  const values = request.records.length === 0 ? [] : valuesOf(mayPack, request)
  let client: pg.PoolClient
  try {
    client = await pool.connect()
  } catch (error) {
    return { status: 'unavailable', reason: reasonOf(error) }
  }
  client.on('error', ignore)
  let failed = false
  try {
    return await appendWith(client, time, request, values)
  } catch (error) {
    failed = true
    return { status: 'unknown', reason: reasonOf(error) }
  } finally {
    client.off('error', ignore)
    // A connection whose answer was not waited for is closed: the answer must not become another call's.
    client.release(failed)
  }
}

// A connection that breaks between two queries says so by an event, which nobody's hearing would end the process; the next
// query fails anyway.
function ignore(): void {}

async function appendWith(
  client: pg.PoolClient,
  time: JournalTime | undefined,
  request: AppendRequest,
  values: readonly unknown[],
): Promise<AppendOutcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { rows } = await askAgain(() => client.query({ ...statementOf(time, request, values), ...ANSWER }))
      if (rows[0]) return { status: 'appended', firstPosition: toPosition(Number(rows[0].first_position)) }
      break
    } catch (error) {
      if (!certainlyRolledBack(error)) throw error
      const violated = violatedUnique(error)
      if (violated === undefined) return { status: 'unavailable', reason: reasonOf(error) }
      if (violated !== KEY_CONSTRAINT) break
      // A key that has grown old since is replaced the next time.
      const outcome = await explain(client, time, request)
      if (outcome !== undefined || attempt > 1) return outcome ?? { status: 'unavailable', reason: reasonOf(error) }
    }
  }
  // Not at this version, or here already: an earlier try may have been committed before the version moved on.
  const found = await find(client, request.appendId)
  if (found !== undefined) return { status: 'appended', firstPosition: found }
  const { rows } = await client.query(VERSION, [request.partition])
  if (!rows[0]) throw new Error(`partition ${request.partition} does not exist`)
  return { status: 'stale', configVersion: Number(rows[0].config_version) }
}

/** What is known of an append's keys; its own batch is looked for first, which an earlier try may have brought here. */
async function explain(
  client: pg.PoolClient,
  time: JournalTime | undefined,
  { appendId, keys = [] }: AppendRequest,
): Promise<AppendOutcome | undefined> {
  const found = await find(client, appendId)
  if (found !== undefined) return { status: 'appended', firstPosition: found }
  const known = await findKeys(client, time, keys)
  return known.length === 0 ? undefined : { status: 'known', keys: known }
}

/** Calls without a key touch no table of keys. */
function statementOf(
  time: JournalTime | undefined,
  { partition, configVersion, records, keys = [] }: AppendRequest,
  values: readonly unknown[],
): pg.QueryConfig {
  const now = believedMs(time)
  if (keys.length === 0) return { name: 'journal-append', text: APPEND, values: [...values, now] }
  const added = addKeysValues(time, keys)
  if (records.length === 0) {
    return { name: 'journal-add-keys', text: ADD_KEYS, values: [partition, configVersion, ...added] }
  }
  return { name: 'journal-append-keyed', text: APPEND_KEYED, values: [...values, now, ...added] }
}

/** Where an earlier try stands, as durable as if it had been appended now. */
async function find(client: pg.PoolClient, appendId: AppendId): Promise<Position | undefined> {
  const query: pg.QueryConfig = { name: 'journal-find', text: FIND, values: [appendId], ...ANSWER }
  const { rows } = await askAgain(() => client.query(query))
  return rows[0] && toPosition(Number(rows[0].first_position))
}

/** Appends a batch as a part of the client's transaction; undefined at another version. */
export async function appendWithin(
  client: pg.PoolClient,
  mayPack: boolean,
  time: JournalTime | undefined,
  request: AppendRequest,
): Promise<Position | undefined> {
  const values = [...valuesOf(mayPack, request), believedMs(time)]
  const { rows } = await client.query({ name: 'journal-append', text: APPEND, values })
  return rows[0] && toPosition(Number(rows[0].first_position))
}

function valuesOf(mayPack: boolean, request: AppendRequest): unknown[] {
  const entry = encodeEntry(request.records)
  const stored = pack(entry.bytes, mayPack)
  return [
    request.partition,
    request.appendId,
    request.configVersion,
    request.records.length,
    entry.timeMaxMs,
    stored.format,
    entry.destinationVersionIds,
    entry.destinationCounts,
    entry.index,
    stored.bytes,
    stored.unpackedBytes,
    checksumOf({ ...entry, format: stored.format, bytes: stored.bytes }),
  ]
}
