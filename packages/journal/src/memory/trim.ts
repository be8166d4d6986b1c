import type { Partition } from '../port.ts'
import { type Clock, partitionIn, type State } from './state.ts'

const BATCHES_MAX = 500

/** Deletes settled batches older than `keepMs`, the oldest few hundred at a time. */
export function trim(state: State, clock: Clock, partition: Partition, limits: { readonly keepMs: number }): number {
  if (!clock.sure()) return 0
  const at = partitionIn(state, partition)
  const floor = Math.min(at.dispatched, ...[...at.lanes.values()].map((lane) => lane.checkpoint))
  const youngestMs = clock.nowMs() - limits.keepMs
  const kept = at.batches.findIndex(
    (batch, i) => i === BATCHES_MAX || batch.lastPosition > floor || batch.committedAtMs > youngestMs,
  )
  const gone = at.batches.splice(0, kept === -1 ? at.batches.length : kept)
  const last = gone.at(-1)
  if (last) at.trimmed = last.lastPosition
  return gone.reduce((records, batch) => records + batch.lastPosition - batch.firstPosition + 1, 0)
}
