import { DestinationVersionId } from '@roomlog/domain'
import { checksumOf } from '../checksum.ts'
import { decodeEntries, faultOf, SET_ASIDE_FORMAT } from '../entry.ts'
import type { GivenUp, Partition, SetAsideOutcome } from '../port.ts'
import { countsAtMost } from '../set-aside.ts'
import { NOTHING_COUNTED } from './expire.ts'
import { count } from './settle.ts'
import { type PartitionState, partitionIn, type State, type StoredBatch } from './state.ts'

const EMPTY = Buffer.alloc(0)

/** Sets the batch that holds a position aside, if it does not verify. `exists`: whether there is such a destination version. */
export function setAside(
  state: State,
  partition: Partition,
  position: number,
  exists: (id: number) => boolean,
): SetAsideOutcome {
  const at = partitionIn(state, partition)
  const n = at.batches.findIndex((batch) => batch.firstPosition <= position && batch.lastPosition >= position)
  const batch = at.batches[n]
  if (!batch) return { status: 'nowhere' }
  if (batch.format === SET_ASIDE_FORMAT && faultOf(batch) === undefined) return { status: 'tombstone' }
  const read = faultOf(batch) ?? decodeEntries([batch])
  if (read.status === 'unreadable') return { status: 'unreadable', format: read.format }
  if (read.status !== 'damaged') return { status: 'whole' }
  const counts = new Map([...countsAtMost(batch, batch.recordCount)].filter(([id]) => exists(id)))
  at.revision += 2
  at.trouble = undefined
  const { firstPosition: first, lastPosition: last } = batch
  const tombstone = {
    format: SET_ASIDE_FORMAT,
    destinationVersionIds: [...counts.keys()],
    destinationCounts: [...counts.values()],
    index: EMPTY,
    bytes: EMPTY,
  }
  at.batches[n] = { ...batch, ...tombstone, crc32: checksumOf(tombstone), setAsideRevision: at.revision }
  return { status: 'set aside', first, last, reason: read.reason, givenUp: giveUp(state, at, batch, counts) }
}

function giveUp(state: State, at: PartitionState, batch: StoredBatch, counts: ReadonlyMap<number, number>): GivenUp[] {
  return [...counts].flatMap(([version, records]) => {
    const destinationVersionId = DestinationVersionId.parse(version)
    const settled = at.lanes.get(destinationVersionId)?.checkpoint ?? at.dispatched
    if (settled >= batch.lastPosition || state.abandoned.has(destinationVersionId)) return []
    count(at, { ...NOTHING_COUNTED, destinationVersionId, givenUp: records })
    return [{ destinationVersionId, records }]
  })
}

/** Flips a bit of a batch, as a disk does. */
export function damage(state: State, partition: Partition, position: number, part: 'index' | 'bytes'): boolean {
  const at = partitionIn(state, partition)
  const n = at.batches.findIndex((batch) => batch.firstPosition <= position && batch.lastPosition >= position)
  const batch = at.batches[n]
  if (!batch || batch[part].length === 0) return false
  const flipped = Buffer.from(batch[part])
  const middle = flipped.length >> 1
  flipped.writeUInt8(flipped.readUInt8(middle) ^ 1, middle)
  at.batches[n] = { ...batch, [part]: flipped }
  return true
}
