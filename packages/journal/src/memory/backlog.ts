import type { DestinationVersionId } from '@roomlog/domain'
import { SET_ASIDE_FORMAT } from '../entry.ts'
import type { Backlog } from '../port.ts'
import { NOTHING_COUNTED } from './expire.ts'
import { count } from './settle.ts'
import type { Clock, PartitionState, State } from './state.ts'

export function backlog(state: State, clock: Clock, versions: readonly DestinationVersionId[]): readonly Backlog[] {
  return [...versions]
    .sort((a, b) => a - b)
    .flatMap((destinationVersionId) => {
      const owed = state.partitions.map((at) => ({ at, ...owedIn(at, destinationVersionId) }))
      const records = owed.reduce((sum, each) => sum + each.records, 0)
      if (records === 0) return []
      const oldestMs = Math.min(...owed.map((each) => each.oldestMs))
      const stuck = owed.find(
        ({ at, records, settled }) => records > 0 && at.trouble !== undefined && settled < at.trouble.position,
      )
      return { destinationVersionId, records, lagMs: clock.nowMs() - oldestMs, trouble: stuck?.at.trouble?.words }
    })
}

export function drained(state: State, versions: readonly DestinationVersionId[]): readonly DestinationVersionId[] {
  const isOwed = (id: DestinationVersionId) => (at: PartitionState) =>
    at.lanes.has(id) ||
    at.batches.some((batch) => batch.firstPosition > at.dispatched && batch.destinationVersionIds.includes(id))
  return [...versions].sort((a, b) => a - b).filter((id) => !state.partitions.some(isOwed(id)))
}

/** As of the journal's tables and of the control plane's: here is no other to mark them in. */
export function abandon(state: State, versions: readonly DestinationVersionId[]): void {
  for (const id of versions) {
    state.abandoned.add(id)
    for (const at of state.partitions) {
      const { records } = owedIn(at, id)
      if (records > 0) count(at, { ...NOTHING_COUNTED, destinationVersionId: id, givenUp: records })
      at.lanes.delete(id)
    }
  }
}

/** A batch in which the checkpoint lies counts in proportion. */
function owedIn(at: PartitionState, id: DestinationVersionId) {
  const settled = at.lanes.get(id)?.checkpoint ?? at.dispatched
  let records = 0
  let oldestMs = Number.POSITIVE_INFINITY
  for (const batch of at.batches) {
    const here = batch.destinationCounts[batch.destinationVersionIds.indexOf(id)] ?? 0
    if (batch.lastPosition <= settled || batch.format === SET_ASIDE_FORMAT || here === 0) continue
    records += Math.ceil(here * Math.min(1, (batch.lastPosition - settled) / batch.recordCount))
    oldestMs = Math.min(oldestMs, batch.committedAtMs)
  }
  return { settled, records, oldestMs }
}
