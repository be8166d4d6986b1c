import { decodeEntries, faultOf, type StoredEntry } from '../entry.ts'
import type { Fault, Head, Journal, Partition, ReadOutcome } from '../port.ts'
import { partitionIn, type State, type StoredBatch } from './state.ts'

export function heads(state: State, partitions: readonly Partition[]): ReadonlyMap<Partition, Head> {
  return new Map(
    partitions.map((partition) => {
      const { head, lastAppendId } = partitionIn(state, partition)
      return [partition, { head, appendId: lastAppendId }]
    }),
  )
}

/** Batches after a position, checked against the batch that the reader has seen there. */
export function read(state: State, from: Parameters<Journal['read']>[0]): ReadOutcome {
  const at = partitionIn(state, from.partition)
  const seen = from.afterAppendId
  if (at.head < from.after) return { status: 'rewound' }
  if (at.trimmed > from.after) return { status: 'trimmed', trimmed: at.trimmed }
  const next = at.batches.findIndex((batch) => batch.lastPosition > from.after)
  const first = at.batches[next]
  const standing = first ? standsOn(first, from.after) : at.lastAppendId
  if (seen !== undefined && standing !== seen) return { status: 'rewound' }
  return decodeEntries(first ? withinBytes(at.batches.slice(next), from.bytesMax).map(copied) : [])
}

/** The batch that a reader at `after` stands on, when `first` holds the record after it. */
function standsOn(first: StoredBatch, after: number) {
  return first.firstPosition <= after ? first.appendId : first.previousAppendId
}

function withinBytes(batches: readonly StoredBatch[], bytesMax: number): readonly StoredBatch[] {
  let bytesBefore = 0
  let count = 0
  for (const batch of batches) {
    if (count > 0 && bytesBefore >= bytesMax) break
    bytesBefore += batch.bytes.length
    count++
  }
  return batches.slice(0, count)
}

/** A reader's own bytes, as they come out of a database. */
function copied(batch: StoredBatch): StoredEntry | Fault {
  return faultOf(batch) ?? { ...batch, index: Buffer.from(batch.index), bytes: Buffer.from(batch.bytes) }
}
