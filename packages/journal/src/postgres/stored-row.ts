import type pg from 'pg'
import type { StoredEntry } from '../entry.ts'
import type { Partition } from '../port.ts'
import { toAppendId, toPosition } from '../position.ts'

const ROW = `
select first_position::float8, record_count, append_id, floor_time_ms::float8,
       (extract(epoch from committed_at) * 1000)::float8 as committed_at_ms, format, destination_version_ids,
       destination_counts, index, records, crc32::float8, set_aside_revision::float8
  from journal_batch where partition = $1 and first_position = $2`

/** One row as it is stored; undefined if there is none. */
export async function storedRow(pool: pg.Pool, partition: Partition, first: number): Promise<StoredEntry | undefined> {
  const { rows } = await pool.query(ROW, [partition, first])
  const row = rows[0]
  if (!row) return undefined
  return {
    partition,
    firstPosition: toPosition(row.first_position),
    appendId: toAppendId(row.append_id),
    committedAtMs: row.committed_at_ms,
    floorTimeMs: row.floor_time_ms,
    format: row.format,
    destinationVersionIds: row.destination_version_ids,
    destinationCounts: row.destination_counts,
    recordCount: row.record_count,
    crc32: row.crc32 ?? undefined,
    setAsideRevision: row.set_aside_revision ?? undefined,
    index: row.index,
    bytes: row.records,
  }
}
