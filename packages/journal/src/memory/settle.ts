import type { AppendId, DeadLetter, DeliveryTotals, HeldLease, LaneChange, ProgressChange, Totals } from '../port.ts'
import { START } from '../position.ts'
import { type Clock, type PartitionState, partitionIn, type State } from './state.ts'

/** Writes a partition's progress, all or nothing; nothing when the lease is another's. */
export function settle(state: State, clock: Clock, lease: HeldLease, change: ProgressChange): 'settled' | 'lost' {
  const at = partitionIn(state, lease.partition)
  if (at.lease?.token !== lease.token) return 'lost'
  if (change.dispatched && change.dispatched.position > START && !stands(at, change.dispatched.appendId)) return 'lost'
  refuseTwice(change)
  if (at.revision === change.revision + 1) return 'settled'
  if (at.revision !== change.revision) return 'lost'
  at.revision++
  if (change.dispatched && change.dispatched.position > at.dispatched) {
    at.dispatched = change.dispatched.position
    at.dispatchedAppendId = change.dispatched.appendId
  }
  for (const id of change.closed) at.lanes.delete(id)
  for (const lane of change.lanes) {
    if (!state.abandoned.has(lane.destinationVersionId)) moveLane(at, clock, lane)
  }
  for (const letter of change.deadLetters) bury(state, at, clock, letter)
  for (const totals of change.totals) count(at, totals, clock)
  return 'settled'
}

// A restored database may hold the same token and other batches.
function stands(at: PartitionState, appendId: AppendId | undefined): boolean {
  return at.dispatchedAppendId === appendId || at.batches.some((batch) => batch.appendId === appendId)
}

// One statement cannot touch a row twice.
function refuseTwice({ lanes, closed, totals }: ProgressChange): void {
  const rows = [...lanes.map((lane) => lane.destinationVersionId), ...closed]
  const counters = totals.map((added) => added.destinationVersionId)
  for (const ids of [rows, counters]) {
    if (new Set(ids).size !== ids.length) throw new Error(`a destination version is named twice: ${ids}`)
  }
}

function moveLane(at: PartitionState, clock: Clock, lane: LaneChange): void {
  const before = at.lanes.get(lane.destinationVersionId)
  const { checkpoint, checkpointAppendId } = before && before.checkpoint > lane.checkpoint ? before : lane
  const quietSinceMs = lane.sending ? undefined : (before?.quietSinceMs ?? clock.nowMs())
  at.lanes.set(lane.destinationVersionId, { ...lane, checkpoint, checkpointAppendId, quietSinceMs })
}

function bury(state: State, at: PartitionState, clock: Clock, letter: DeadLetter): void {
  const twice = at.deadLetters.some(
    (kept) =>
      kept.destinationVersionId === letter.destinationVersionId &&
      kept.position === letter.position &&
      kept.id === letter.id,
  )
  if (twice) return
  at.deadLetters.push({ ...letter, letterId: String(++state.lastLetterId), buriedAtMs: clock.nowMs() })
}

/** Adds to the counters of a destination version; an error among them is of now. */
export function count(at: PartitionState, counted: Totals, clock?: Clock): void {
  const before = at.totals.get(counted.destinationVersionId)
  const added = { ...counted, lastErrorAtMs: counted.lastError === undefined ? undefined : clock?.nowMs() }
  at.totals.set(
    added.destinationVersionId,
    before ? { ...sum(before, added), partition: at.partition } : { ...added, partition: at.partition },
  )
}

/** Of one destination version. */
export function sum(before: DeliveryTotals, added: DeliveryTotals): DeliveryTotals {
  const isNewer = (added.lastErrorAtMs ?? 0) >= (before.lastErrorAtMs ?? 0)
  return {
    destinationVersionId: before.destinationVersionId,
    delivered: before.delivered + added.delivered,
    repeatsPossible: before.repeatsPossible + added.repeatsPossible,
    dead: before.dead + added.dead,
    givenUp: before.givenUp + added.givenUp,
    errors: {
      all: before.errors.all + added.errors.all,
      accessDenied: before.errors.accessDenied + added.errors.accessDenied,
      notFound: before.errors.notFound + added.errors.notFound,
    },
    lastDeliveredAtMs: latest(before.lastDeliveredAtMs, added.lastDeliveredAtMs),
    lastError: isNewer ? (added.lastError ?? before.lastError) : before.lastError,
    lastErrorAtMs: latest(before.lastErrorAtMs, added.lastErrorAtMs),
  }
}

function latest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Math.max(a, b)
}
