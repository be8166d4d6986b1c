import type { DestinationVersionId } from '@roomlog/domain'
import type { DeadLetter, LaneChange, LoadedLane, Progress, ProgressChange, Totals } from '@roomlog/journal'
import type { Lane } from '../lane/lane.ts'
import { isOpen, type Mark } from '../lane/mark.ts'

/** The rows of lanes that the journal holds. */
export type Rows = ReadonlyMap<DestinationVersionId, LaneChange>

/** What is to be written, and what is told once it is. */
export type Unwritten = { readonly change: ProgressChange; readonly told: readonly (() => void)[] }

export function rowsOf({ lanes }: Progress): Map<DestinationVersionId, LaneChange> {
  const row = (lane: LoadedLane): LaneChange => ({
    ...lane,
    sending: !isOpen(lane),
    state: 'flowing',
    lastError: undefined,
    nextProbeAtMs: undefined,
  })
  return new Map(lanes.map((lane) => [lane.destinationVersionId, row(lane)]))
}

/**
 * All that has changed since `rows` were written. In one turn, so that `dispatched` and the rows of all lanes with unsettled
 * records below it fit together.
 */
export function collect(
  lanes: ReadonlyMap<DestinationVersionId, Lane>,
  rows: Rows,
  { revision, frontier }: { readonly revision: number; readonly frontier: Mark },
): Unwritten {
  const changed: LaneChange[] = []
  const closed: DestinationVersionId[] = []
  const totals: Totals[] = []
  const deadLetters: DeadLetter[] = []
  const told: (() => void)[] = []
  for (const [id, lane] of lanes) {
    const tally = lane.tally.take()
    if (tally) {
      totals.push(tally.totals)
      deadLetters.push(...tally.deadLetters)
      const last = tally.deadLetters.at(-1)
      if (last) told.push(() => lane.report.buried(tally.deadLetters.length, last.reason))
    }
    if (lane.settledTo(frontier.position)) {
      closed.push(id)
      continue
    }
    const row = lane.row()
    if (!sameRow(row, rows.get(id))) changed.push(row)
  }
  for (const id of rows.keys()) if (!lanes.has(id)) closed.push(id)
  const dispatched = { position: frontier.position, appendId: frontier.appendId }
  return { change: { revision, dispatched, lanes: changed, closed, deadLetters, totals }, told }
}

function sameRow(a: LaneChange, b: LaneChange | undefined): boolean {
  return (
    b !== undefined &&
    a.checkpoint === b.checkpoint &&
    a.intent === b.intent &&
    a.sending === b.sending &&
    a.state === b.state &&
    a.lastError === b.lastError &&
    (a.state === 'flowing' || a.nextProbeAtMs === b.nextProbeAtMs)
  )
}
