import { faultOf, firstTimeMs, lastTimeMs, SET_ASIDE_FORMAT } from '../entry.ts'
import type { GivenUp, HeldLease, Position, RetentionLimits } from '../port.ts'
import { drainingMs, HOUR_MS, tooMany } from '../retention.ts'
import { count } from './settle.ts'
import { type Clock, type PartitionState, partitionIn, type State, type StoredBatch, type StoredLane } from './state.ts'

/** Gives up what is beyond the limits, in whole hours. */
export function expire(state: State, clock: Clock, lease: HeldLease, limits: RetentionLimits): readonly GivenUp[] {
  const at = partitionIn(state, lease.partition)
  if (at.lease?.token !== lease.token || !clock.sure()) return []
  const ends = hourEnds(at)
  const youngestMs = clock.nowMs() - limits.keepMs
  const drainedAtMs = clock.nowMs() - drainingMs(limits)
  const isStuck = ({ state, destinationVersionId: id }: StoredLane) => {
    return state !== 'flowing' && (at.totals.get(id)?.lastDeliveredAtMs ?? 0) <= drainedAtMs
  }
  const stuckAt = [...at.lanes.values()].filter((lane) => isStuck(lane) && lane.checkpoint < at.dispatched)
  const aged = upToFall(at, ends, Math.min(...stuckAt.map((lane) => lane.checkpoint)))
  const byAge = moveTo(
    at,
    aged.findLast((end) => end.committedAtMs <= youngestMs),
    isStuck,
  )
  const floor = floorOf(at)
  const waiting = at.batches.filter((batch) => batch.firstPosition > floor)
  const bytes = waiting.reduce((sum, batch) => sum + batch.index.length + batch.bytes.length, 0)
  const over = tooMany({ records: at.head - floor, bytes, bytesMax: limits.bytesMax })
  const next = upToFall(at, ends, floor)
  const full =
    over > 0
      ? (next.find((end) => end.lastPosition >= floor + over) ?? next.findLast((end) => end.lastPosition > floor))
      : undefined
  const bySize = moveTo(at, full, () => true)
  // By two: a change that follows the revision before must not take this for its own first try.
  if (byAge.size + bySize.size > 0) at.revision += 2
  return [...new Set([...byAge.keys(), ...bySize.keys()])]
    .map((id) => ({ destinationVersionId: id, records: (byAge.get(id) ?? 0) + (bySize.get(id) ?? 0) }))
    .sort((a, b) => a.destinationVersionId - b.destinationVersionId)
}

/** Dispatched batches that end an hour: what follows begins another, or an earlier time (a partition's time was healed). */
function hourEnds(at: PartitionState): readonly StoredBatch[] {
  const hour = (timeMs: number) => Math.floor(timeMs / HOUR_MS)
  return at.batches.filter((batch, i) => {
    const next = at.batches[i + 1]
    if (!next || batch.lastPosition > at.dispatched) return false
    // Of what is damaged nobody knows where its hour begins.
    if (faultOf(next) !== undefined) return false
    const beforeMs = lastKnownMs(batch, next)
    return hour(firstTimeMs(next)) > hour(beforeMs) || firstTimeMs(next) < beforeMs
  })
}

/** Greatest effective time up to the batch; where it is damaged, only that of the batch behind it tells. */
function lastKnownMs(batch: StoredBatch, next: StoredBatch): number {
  return faultOf(batch) === undefined ? lastTimeMs(batch) : next.floorTimeMs
}

/** Those up to the first place behind `after` where time falls: what lies behind that goes with the next call. */
function upToFall(at: PartitionState, ends: readonly StoredBatch[], after: number): readonly StoredBatch[] {
  const fall = ends.find((end) => {
    const next = at.batches[at.batches.indexOf(end) + 1]
    return end.lastPosition > after && next !== undefined && firstTimeMs(next) < lastKnownMs(end, next)
  })
  return fall === undefined ? ends : ends.filter((end) => end.lastPosition <= fall.lastPosition)
}

function moveTo(at: PartitionState, end: StoredBatch | undefined, concerns: (lane: StoredLane) => boolean) {
  const givenUp = new Map<GivenUp['destinationVersionId'], number>()
  if (!end) return givenUp
  for (const [id, lane] of at.lanes) {
    if (lane.checkpoint >= end.lastPosition || !concerns(lane)) continue
    const records = recordsFor(at, lane, end.lastPosition)
    givenUp.set(id, records)
    const intent = lane.intent !== undefined && lane.intent > end.lastPosition ? lane.intent : undefined
    at.lanes.set(id, { ...lane, checkpoint: end.lastPosition, checkpointAppendId: end.appendId, intent })
    count(at, { ...NOTHING_COUNTED, destinationVersionId: id, givenUp: records })
  }
  return givenUp
}

function recordsFor(at: PartitionState, { destinationVersionId, checkpoint }: StoredLane, to: Position): number {
  return (
    at.batches
      // What was set aside was counted then.
      .filter((batch) => batch.format !== SET_ASIDE_FORMAT)
      .filter((batch) => batch.firstPosition > checkpoint && batch.lastPosition <= to)
      .reduce((sum, batch) => {
        const n = batch.destinationVersionIds.indexOf(destinationVersionId)
        return sum + (batch.destinationCounts[n] ?? 0)
      }, 0)
  )
}

function floorOf(at: PartitionState): number {
  return Math.min(at.dispatched, ...[...at.lanes.values()].map((lane) => lane.checkpoint))
}

export const NOTHING_COUNTED = {
  delivered: 0,
  repeatsPossible: 0,
  dead: 0,
  errors: { all: 0, accessDenied: 0, notFound: 0 },
  lastDeliveredAtMs: undefined,
  lastError: undefined,
}
