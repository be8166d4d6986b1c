import type { HeldLease, Journal, PartitionTrouble, Progress, Roll } from '../port.ts'
import { LEASE_FAR_MS } from '../time/journal-time.ts'
import { type Clock, type PartitionState, partitionIn, type State } from './state.ts'

export function roll(state: State, clock: Clock, writer: Parameters<Journal['roll']>[0]): Roll {
  const nowMs = clock.nowMs()
  // As in one statement: what is free is judged by the leases as they stood before.
  const tokens = new Set(writer.held.map(({ token }) => token))
  const free = state.partitions.filter((at) => isFree(at, clock) && !(at.lease && tokens.has(at.lease.token)))
  const renewed = writer.held.filter((lease) => {
    const at = partitionIn(state, lease.partition)
    if (at.lease?.token !== lease.token) return false
    at.lease = { ...at.lease, expiresAtMs: nowMs + writer.ttlMs }
    return true
  })
  state.writers.set(writer.writerId, nowMs + writer.ttlMs)
  const alive = [...state.writers].filter(([, expiresAtMs]) => isAhead(expiresAtMs, clock))
  return {
    renewed: renewed.map(({ partition }) => ({ partition, revision: partitionIn(state, partition).revision })),
    free: free.map(({ partition }) => partition),
    writers: alive.length,
    rank: alive.filter(([id]) => id < writer.writerId).length,
  }
}

export function writers(state: State, clock: Clock): number {
  return [...state.writers.values()].filter((expiresAtMs) => isAhead(expiresAtMs, clock)).length
}

export function acquire(state: State, clock: Clock, lease: Parameters<Journal['acquire']>[0]): Progress | 'taken' {
  const at = partitionIn(state, lease.partition)
  const nowMs = clock.nowMs()
  if (!isFree(at, clock)) return 'taken'
  for (const [id, lane] of at.lanes) at.lanes.set(id, { ...lane, quietSinceMs: lane.quietSinceMs ?? nowMs })
  at.lease = { owner: lease.writerId, token: lease.token, expiresAtMs: nowMs + lease.ttlMs }
  return {
    partition: at.partition,
    revision: at.revision,
    dispatched: at.dispatched,
    dispatchedAppendId: at.dispatchedAppendId,
    trimmed: at.trimmed,
    troubleAt: at.trouble?.position,
    lanes: [...at.lanes.values()]
      .map(({ destinationVersionId, checkpoint, checkpointAppendId, intent, quietSinceMs }) => ({
        destinationVersionId,
        checkpoint,
        checkpointAppendId,
        intent,
        quietForMs: clock.sure() ? Math.max(0, nowMs - (quietSinceMs ?? nowMs)) : 0,
      }))
      .sort((a, b) => a.destinationVersionId - b.destinationVersionId),
  }
}

export function report(state: State, lease: HeldLease, trouble: PartitionTrouble | undefined): void {
  const at = partitionIn(state, lease.partition)
  if (at.lease?.token === lease.token) at.trouble = trouble
}

export function release(state: State, leases: readonly HeldLease[]): void {
  for (const { partition, token } of leases) {
    const at = partitionIn(state, partition)
    if (at.lease?.token === token) at.lease = undefined
  }
}

function isFree({ lease }: PartitionState, clock: Clock): boolean {
  return lease === undefined || (clock.sure() && !isAhead(lease.expiresAtMs, clock))
}

/** Not over, and not so far ahead that only a clock that had jumped can have written it. */
function isAhead(expiresAtMs: number, clock: Clock): boolean {
  return expiresAtMs >= clock.nowMs() && expiresAtMs <= clock.nowMs() + LEASE_FAR_MS
}
