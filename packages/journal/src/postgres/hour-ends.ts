import type pg from 'pg'
import { faultOf, firstTimeMs, lastTimeMs } from '../entry.ts'
import type { AppendId, Partition, Position } from '../port.ts'
import { toAppendId, toPosition } from '../position.ts'
import { HOUR_MS } from '../retention.ts'
import { isUnreadable } from './errors.ts'
import { storedRow } from './stored-row.ts'

/** A batch after which another hour of effective time begins. */
export type HourEnd = { readonly position: Position; readonly appendId: AppendId }

type Batch = HourEnd & {
  readonly first: number
  /** Greatest effective time before it. */
  readonly floorTimeMs: number
  /** What it was committed on: less, right behind a place where the partition's time was healed. */
  readonly storedFloorMs: number
  readonly committedAtMs: number
}

const BATCH = `
select first_position::float8 as first, (first_position + record_count - 1)::float8 as last, append_id,
       floor_time_ms::float8, (extract(epoch from committed_at) * 1000)::float8 as committed_at_ms
  from journal_batch where partition = $1 and first_position <= $2
 order by first_position desc limit 1`

/**
 * Where hours end in a partition, found by bisection: a backlog may have millions of batches. Both effective time and the
 * time of commit rise with the position, except where a partition's time was healed (`fall`): so one asks for what lies
 * before the next fall, which ends an hour itself, since no S3 object spans it. `healed`: the positions where that was done.
 */
export function hourEndsOf(pool: pg.Pool, partition: Partition, healed: readonly number[]) {
  /** The batch that holds the position; undefined beyond the head. */
  async function batchAt(position: number): Promise<Batch | undefined> {
    const { rows } = await pool.query({ name: 'journal-batch-at', text: BATCH, values: [partition, position] })
    const row = rows[0]
    if (!row || row.last < position) return undefined
    const batch = {
      first: row.first,
      position: toPosition(row.last),
      appendId: toAppendId(row.append_id),
      floorTimeMs: row.floor_time_ms,
      storedFloorMs: row.floor_time_ms,
      committedAtMs: row.committed_at_ms,
    }
    if (!healed.includes(row.first - 1)) return batch
    // Its floor is the time of the healing. If that is no fall, because the real time had passed by then what stands before,
    // an hour may go on across it.
    const before = await batchAt(row.first - 1)
    const entry = before && (await entryOf(before))
    return entry ? { ...batch, floorTimeMs: Math.max(batch.floorTimeMs, lastTimeMs(entry)) } : batch
  }

  /** The last batch in `(after, upTo]` that passes a test which, once failed, is failed by all that follow. */
  async function lastWhere(after: number, upTo: number, test: (batch: Batch) => boolean): Promise<Batch | undefined> {
    let found: Batch | undefined
    let low = after + 1
    let high = upTo
    while (low <= high) {
      const batch = await batchAt(Math.floor((low + high) / 2))
      if (!batch) break
      if (test(batch)) {
        found = batch
        low = batch.position + 1
      } else high = batch.first - 1
    }
    return found
  }

  async function startsHour(batch: Batch): Promise<boolean> {
    const entry = await entryOf(batch)
    return entry !== undefined && hourOf(firstTimeMs(entry)) > hourOf(batch.floorTimeMs)
  }

  async function entryOf(batch: Batch) {
    try {
      const row = await storedRow(pool, partition, batch.first)
      // Of what is damaged nobody knows where its hour begins.
      return row === undefined || faultOf(row) !== undefined ? undefined : { ...row, ...batch }
    } catch (error) {
      if (isUnreadable(error)) return undefined
      throw error
    }
  }

  /** The first place in `(after, upTo]` where time falls from one batch to the next. */
  async function fall(after: number, upTo: number): Promise<HourEnd | undefined> {
    for (const position of healed.filter((each) => each > after && each <= upTo)) {
      const [before, next] = [await batchAt(position), await batchAt(position + 1)]
      const [last, first] = [before && (await entryOf(before)), next && (await entryOf(next))]
      if (last && first && firstTimeMs({ ...first, floorTimeMs: first.storedFloorMs }) < lastTimeMs(last)) return before
    }
    return undefined
  }

  /** The last one in `(after, upTo]`. */
  async function last(after: number, upTo: number): Promise<HourEnd | undefined> {
    let next = (await batchAt(upTo + 1)) ?? (await batchAt(upTo))
    while (next && next.first - 1 > after) {
      if (await startsHour(next)) return batchAt(next.first - 1)
      const begins = hourOf(next.floorTimeMs) * HOUR_MS
      // It holds the first record of that hour: at its beginning, or (then this is no clean end) in its midst.
      next = await lastWhere(after, next.first - 1, (batch) => batch.floorTimeMs < begins)
    }
    return undefined
  }

  /** The first one in `[from, upTo]`. */
  async function first(from: number, upTo: number): Promise<HourEnd | undefined> {
    const holding = await batchAt(from)
    let next = holding && (await batchAt(holding.position + 1))
    while (next && next.first - 1 <= upTo) {
      if (await startsHour(next)) return batchAt(next.first - 1)
      const ends = (hourOf(next.floorTimeMs) + 1) * HOUR_MS
      const turning = await lastWhere(next.position, upTo + 1, (batch) => batch.floorTimeMs < ends)
      next = turning ?? (await batchAt(next.position + 1))
    }
    return undefined
  }

  /** The end of the last batch in `(after, upTo]` that was committed until then. */
  async function committedBy(timeMs: number, after: number, upTo: number): Promise<Position | undefined> {
    return (await lastWhere(after, upTo, (batch) => batch.committedAtMs <= timeMs))?.position
  }

  return { first, last, committedBy, fall }
}

function hourOf(timeMs: number): number {
  return Math.floor(timeMs / HOUR_MS)
}
