import type pg from 'pg'
import { damaged, decodeEntries, faultOf, SET_ASIDE_FORMAT, type StoredEntry } from '../entry.ts'
import { toPartition } from '../partition.ts'
import type { AppendId, Fault, Head, Journal, Partition, Position, ReadOutcome } from '../port.ts'
import { toAppendId, toPosition } from '../position.ts'
import { reasonOf } from '../reason.ts'
import { type Columns, copyOut } from './copy-out.ts'
import { isUnreadable } from './errors.ts'
import { unpack } from './packing.ts'
import { withClient } from './with-client.ts'

const BATCHES_MAX = 256

// Starts with the batch that holds the record after `after`, which a reader may have seen in part.
// octet_length of an external value reads only its pointer; bytes are fetched for the rows that fit alone, unpacked.
// All that is put into the text are integers.
const readSql = ({ partition, after, bytesMax }: From) => `
select first_position, append_id, previous_append_id, floor_time_ms::float8,
       (extract(epoch from committed_at) * 1000)::float8 as committed_at_ms, format,
       array_to_string(destination_version_ids, ','), array_to_string(destination_counts, ','), index, records,
       unpacked_bytes, record_count, crc32, set_aside_revision
  from (select *, sum(bytes) over (order by first_position) - bytes as bytes_before
          from (select *, greatest(1, coalesce(unpacked_bytes, octet_length(records))) as bytes from journal_batch
                 where partition = ${Number(partition)} and first_position + record_count - 1 > ${Number(after)}
                   and first_position >= coalesce((select max(first_position) from journal_batch
                                                    where partition = ${Number(partition)} and first_position <= ${after + 1}),
                                                  ${after + 1})
                 order by first_position limit ${BATCHES_MAX}) next) sized
 where bytes_before < ${Number(bytesMax)}
 order by sized.first_position`

const HEADS = 'select partition, head, last_append_id from journal_partition where partition = any($1)'

/** Head of each partition, in one query. */
export async function heads(pool: pg.Pool, partitions: readonly Partition[]): Promise<ReadonlyMap<Partition, Head>> {
  const { rows } = await pool.query({ name: 'journal-heads', text: HEADS, values: [partitions] })
  return new Map(
    rows.map((row) => [
      toPartition(row.partition),
      { head: toPosition(Number(row.head)), appendId: appendIdOrNone(row.last_append_id) },
    ]),
  )
}

type From = Parameters<Journal['read']>[0]

/** Batches after a position, checked against the batch that the reader has seen there. */
export async function read(pool: pg.Pool, from: From): Promise<ReadOutcome> {
  try {
    return await readRows(pool, from)
  } catch (error) {
    if (!isUnreadable(error)) throw error
  }
  // Some row cannot be read by Postgres itself. Alone, the first one tells whether it is that one.
  try {
    return await readRows(pool, { ...from, bytesMax: 1 })
  } catch (error) {
    if (!isUnreadable(error)) throw error
    return damaged(await positionBehind(pool, from), `Postgres cannot read it: ${reasonOf(error)}`)
  }
}

async function readRows(pool: pg.Pool, from: From): Promise<ReadOutcome> {
  const copied = await withClient(pool, (client) => copyOut(client, readSql(from)))
  const rows = copied.map((columns) => rowFrom(columns, from.partition))
  const [first] = rows
  if (!first) return readNothing(pool, from)
  const { firstPosition, appendId } = first
  if (firstPosition > from.after + 1) return gapAt(pool, from)
  // A tombstone may stand for several batches whose rows were gone: inside of it, the others' ids are known to nobody.
  const isInTombstone =
    firstPosition <= from.after && !('status' in first.entry) && first.entry.format === SET_ASIDE_FORMAT
  if (isInTombstone) return decodeEntries(rows.map(({ entry }) => entry))
  const standing = firstPosition <= from.after ? appendId : first.previousAppendId
  if (from.afterAppendId !== undefined && standing !== from.afterAppendId) return { status: 'rewound' }
  return decodeEntries(rows.map(({ entry }) => entry))
}

/** Of the batch that holds the record after `after`, from the rows' keys alone. */
async function positionBehind(pool: pg.Pool, { partition, after }: From): Promise<Position> {
  const { rows } = await pool.query(
    'select max(first_position) as first from journal_batch where partition = $1 and first_position <= $2',
    [partition, after + 1],
  )
  return toPosition(Number(rows[0]?.first ?? after + 1))
}

type Row = {
  readonly firstPosition: Position
  readonly appendId: AppendId
  readonly previousAppendId: AppendId | undefined
  readonly entry: StoredEntry | Fault
}

function rowFrom(columns: Columns, partition: Partition): Row {
  const [first, append, previous, floor, committed, format, ids, counts, index, records, ...more] = columns
  const [unpacked, count, crc32, setAside] = more
  if (!first || !append || !floor || !committed || !format || !ids || !counts || !index || !records || !count) {
    throw new Error(`a journal row of ${columns.length} columns is not whole`)
  }
  const firstPosition = toPosition(Number(first.readBigInt64BE()))
  const appendId = appendIdFrom(append)
  const stored = {
    partition,
    firstPosition,
    appendId,
    floorTimeMs: floor.readDoubleBE(),
    committedAtMs: committed.readDoubleBE(),
    format: format.readInt16BE(),
    destinationVersionIds: numbersFrom(ids),
    destinationCounts: numbersFrom(counts),
    recordCount: count.readInt32BE(),
    crc32: crc32 && Number(crc32.readBigInt64BE()),
    setAsideRevision: setAside && Number(setAside.readBigInt64BE()),
    index,
    bytes: records,
  }
  const entry = faultOf(stored) ?? opened(stored, unpacked?.readInt32BE())
  return { firstPosition, appendId, previousAppendId: previous && appendIdFrom(previous), entry }
}

/** Its bytes are its own: a lane may keep them long after the rest of the read is gone. */
function opened(stored: StoredEntry, unpackedBytes: number | undefined): StoredEntry | Fault {
  const entry = unpack(stored, unpackedBytes)
  if (entry === undefined) return damaged(stored.firstPosition, 'its records cannot be unpacked')
  return entry === stored ? { ...stored, bytes: Buffer.from(stored.bytes) } : entry
}

function appendIdFrom(value: Buffer): AppendId {
  const hex = value.toString('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
  return toAppendId(parts.join('-'))
}

function numbersFrom(list: Buffer): number[] {
  const numbers: number[] = []
  for (const digits of list.toString('latin1').split(',')) if (digits !== '') numbers.push(Number(digits))
  return numbers
}

async function readNothing(pool: pg.Pool, from: From): Promise<ReadOutcome> {
  const head = (await heads(pool, [from.partition])).get(from.partition)
  if (!head || head.head < from.after) return { status: 'rewound' }
  if (head.head > from.after) return gapAt(pool, from)
  const seen = from.afterAppendId
  if (seen !== undefined && head.appendId !== seen) return { status: 'rewound' }
  return { status: 'read', batches: [] }
}

async function gapAt(pool: pg.Pool, from: From): Promise<ReadOutcome> {
  const { rows } = await pool.query(
    `select trimmed, (select min(first_position) from journal_batch b where b.partition = $1 and first_position > $2) as next
       from journal_progress where partition = $1`,
    [from.partition, from.after],
  )
  const trimmed: Position = toPosition(Number(rows[0]?.trimmed ?? 0))
  if (trimmed > from.after) return { status: 'trimmed', trimmed }
  // An append may have landed between the two queries: that is no gap, the next read finds it.
  if (Number(rows[0]?.next) === from.after + 1) return { status: 'read', batches: [] }
  return damaged(toPosition(from.after + 1), 'its row is not there')
}

function appendIdOrNone(value: string | null): AppendId | undefined {
  return value === null ? undefined : toAppendId(value)
}
