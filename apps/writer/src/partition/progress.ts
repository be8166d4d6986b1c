import type { DestinationVersionId } from '@roomlog/domain'
import type { DeadLetter, HeldLease, Journal, LaneChange, ProgressChange, Totals } from '@roomlog/journal'
import { type Backoff, backoffMs } from '../backoff.ts'
import { type Clock, sleep } from '../clock.ts'
import type { Lane } from '../lane/lane.ts'
import type { Mark } from '../lane/mark.ts'
import type { Log } from '../log.ts'

const RETRY: Backoff = { firstMs: 100, maxMs: 2_000 }

export type ProgressOptions = {
  readonly journal: Journal
  readonly lease: HeldLease
  readonly lanes: ReadonlyMap<DestinationVersionId, Lane>
  /** Up to where every batch was offered to its lanes. */
  readonly frontier: () => Mark
  /** Of what was loaded. */
  readonly revision: number
  /** The rows that the journal holds already, by destination version. */
  readonly rows: ReadonlyMap<DestinationVersionId, LaneChange>
  readonly clock: Clock
  readonly random: () => number
  readonly killed: AbortSignal
  readonly log: Log
  readonly onClosed: (id: DestinationVersionId) => void
  readonly onLost: () => void
}

/**
 * Writes the progress of one partition, one write at a time: what lanes ask for meanwhile goes into the next one.
 * `dispatched`, and the rows of all lanes with unsettled records below it, move together.
 */
export class Progress {
  readonly #options: ProgressOptions
  readonly #rows: Map<DestinationVersionId, LaneChange>
  #running: Promise<boolean> | undefined
  #queued: Promise<boolean> | undefined
  #lost = false
  #revision: number

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#rows = new Map(options.rows)
    this.#revision = options.revision
  }

  /** Resolves once a write that began after this call is durable; false when the lease is lost. */
  save(): Promise<boolean> {
    if (this.#queued) return this.#queued
    const queued = (async () => {
      await this.#running
      this.#queued = undefined
      this.#running = this.#write()
      return this.#running
    })()
    this.#queued = queued
    return queued
  }

  /** Of the last change that was written for sure. */
  get revision(): number {
    return this.#revision
  }

  hasRow(id: DestinationVersionId): boolean {
    return this.#rows.has(id)
  }

  async #write(): Promise<boolean> {
    const { journal, lease, clock, random, killed, log } = this.#options
    if (this.#lost) return false
    const { change, told } = this.#collect()
    for (let attempt = 1; !killed.aborted; attempt++) {
      try {
        if ((await journal.settle(lease, change)) === 'lost') return this.#lose()
        this.#wrote(change)
        for (const tell of told) tell()
        return true
      } catch (error) {
        log.warn(
          { event: 'progress.failed', partition: lease.partition, err: error },
          'Progress could not be written; trying again.',
        )
        await sleep(clock, backoffMs(RETRY, attempt, random), killed)
      }
    }
    return false
  }

  /** In one turn, so that rows and `dispatched` fit together. */
  #collect(): { readonly change: ProgressChange; readonly told: readonly (() => void)[] } {
    const { lanes, frontier } = this.#options
    const to = frontier()
    const changed: LaneChange[] = []
    const closed: DestinationVersionId[] = []
    const totals: Totals[] = []
    const deadLetters: DeadLetter[] = []
    /** What is to be told once it is written. */
    const told: (() => void)[] = []
    for (const [id, lane] of lanes) {
      const tally = lane.tally.take()
      if (tally) {
        totals.push(tally.totals)
        deadLetters.push(...tally.deadLetters)
        const last = tally.deadLetters.at(-1)
        if (last) told.push(() => lane.buried(tally.deadLetters.length, last.reason))
      }
      if (lane.settledTo(to.position)) {
        closed.push(id)
        continue
      }
      const row = lane.row()
      if (!sameRow(row, this.#rows.get(id))) changed.push(row)
    }
    for (const id of this.#rows.keys()) if (!lanes.has(id)) closed.push(id)
    const change = {
      revision: this.#revision,
      dispatched: { position: to.position, appendId: to.appendId },
      lanes: changed,
      closed,
      deadLetters,
      totals,
    }
    return { change, told }
  }

  #wrote(change: ProgressChange): void {
    this.#revision = change.revision + 1
    for (const row of change.lanes) this.#rows.set(row.destinationVersionId, row)
    for (const id of change.closed) {
      this.#rows.delete(id)
      this.#options.onClosed(id)
    }
  }

  #lose(): false {
    this.#lost = true
    this.#options.onLost()
    return false
  }
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
