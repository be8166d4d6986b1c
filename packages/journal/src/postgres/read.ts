import type pg from 'pg'
import { decodeEntry } from '../entry.ts'
import { toPartition } from '../partition.ts'
import type { AppendId, Head, Journal, Partition, Position, ReadOutcome } from '../port.ts'
import { toAppendId, toPosition } from '../position.ts'

const BATCHES_MAX = 256

// Starts with the batch that holds the record after $2, which a reader may have seen in part.
// octet_length of an external value reads only its pointer; bytes are fetched for the rows that fit alone.
const READ = `
select first_position::float8, append_id, previous_append_id, floor_time_ms::float8,
       (extract(epoch from committed_at) * 1000)::float8 as committed_at_ms, format,
       destination_version_ids, destination_counts, index, records
  from (select *, sum(octet_length(records)) over (order by first_position) - octet_length(records) as bytes_before
          from (select * from journal_batch
                 where partition = $1 and first_position + record_count - 1 > $2
                   and first_position >= coalesce((select max(first_position) from journal_batch
                                                    where partition = $1 and first_position <= $2 + 1), $2 + 1)
                 order by first_position limit ${BATCHES_MAX}) next) sized
 where bytes_before < $3
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
  const values = [from.partition, from.after, from.bytesMax]
  const { rows } = await pool.query({ name: 'journal-read', text: READ, values })
  const first = rows[0]
  if (!first) return readNothing(pool, from)
  if (first.first_position > from.after + 1) return gapAt(pool, from)
  const standing = first.first_position <= from.after ? first.append_id : first.previous_append_id
  if (from.afterAppendId !== undefined && standing !== from.afterAppendId) return { status: 'rewound' }
  return {
    status: 'read',
    batches: rows.map((row) =>
      decodeEntry({
        partition: from.partition,
        firstPosition: toPosition(row.first_position),
        appendId: toAppendId(row.append_id),
        committedAtMs: row.committed_at_ms,
        floorTimeMs: row.floor_time_ms,
        format: row.format,
        index: row.index,
        bytes: row.records,
        destinationVersionIds: row.destination_version_ids,
        destinationCounts: row.destination_counts,
      }),
    ),
  }
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
  return rows[0]?.next === null || Number(rows[0]?.next) === from.after + 1
    ? { status: 'read', batches: [] }
    : { status: 'rewound' }
}

function appendIdOrNone(value: string | null): AppendId | undefined {
  return value === null ? undefined : toAppendId(value)
}
