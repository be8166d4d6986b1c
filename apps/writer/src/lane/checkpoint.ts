import type { RoomId } from '@roomlog/domain'
import type { JournalBatch, Position } from '@roomlog/journal'
import type { SinkRecord } from '@roomlog/sinks'
import type { Mark } from './mark.ts'

const HOUR_MS = 3_600_000

/** An S3 object that holds records beyond the cycle in which it was met: which ones, only its Ids tell. */
export type Ghost = { readonly first: SinkRecord; readonly until: Position }

/**
 * A batch that was set aside, as an S3 lane sees it. An earlier life may have written objects that begin at its records,
 * under keys that nobody can tell any more, and that end behind it: at `until` at the latest.
 */
export type Tombstone = {
  readonly first: Position
  readonly last: Position
  readonly until: Position
  /** Rooms whose objects were looked for already. */
  readonly looked: Set<RoomId>
}

/** Up to where a lane is settled, and what keeps it from standing further on. */
export class Checkpoint {
  /** Objects met that end beyond their cycle: the checkpoint waits until the journal was read past them. */
  readonly ghosts = new Map<RoomId, Ghost>()
  readonly #tombstones = new Map<Position, Tombstone & { hour: number | undefined; until: Position }>()
  readonly #onPassed: (records: number) => void
  #at: Mark
  /** Records of settled cycles that a ghost keeps the checkpoint from passing. */
  #unpassed = 0

  /** `onPassed` is told how many records it passes: never before, or a cycle that is built again counts twice. */
  constructor(at: Mark, onPassed: (records: number) => void) {
    this.#at = at
    this.#onPassed = onPassed
  }

  get at(): Mark {
    return this.#at
  }

  /** By a ghost, which not all is read of yet, or a tombstone, behind which rooms may still have to be looked for. */
  get isHeldBack(): boolean {
    return this.ghosts.size > 0 || this.#tombstones.size > 0
  }

  /** Those that objects of an earlier life may reach beyond, in order. */
  get tombstones(): ReadonlyMap<Position, Tombstone> {
    return this.#tombstones
  }

  /** The lane has read a batch; `head`: what earlier lives can have read at most. */
  read(batch: JournalBatch, head: Position): void {
    const { firstPosition: first, lastPosition: last, setAsideRevision, timeMs } = batch
    if (setAsideRevision !== undefined) {
      if (!this.#tombstones.has(first)) {
        this.#tombstones.set(first, { first, last, until: head, looked: new Set(), hour: undefined })
      }
      return
    }
    // No object holds two hours: what began in a tombstone ends with the hour of the record behind it, if not before.
    const [from, to] = [hourOf(timeMs.at(0)), hourOf(timeMs.at(-1))]
    for (const tombstone of this.#tombstones.values()) {
      tombstone.hour ??= from
      if (tombstone.hour < to && last < tombstone.until) tombstone.until = last
    }
  }

  /** A cycle up to `to` is settled. */
  settle(to: Mark, records: number): void {
    this.#unpassed += records
    this.#leaveTombstones(to)
    if (!this.isHeldBack) this.#pass(to)
  }

  /** All that was read, up to `to`, is settled: ghosts up to there are of no more use. */
  settleAll(to: Mark): void {
    this.#leaveTombstones(to)
    for (const [roomId, ghost] of this.ghosts) if (ghost.until <= to.position) this.ghosts.delete(roomId)
    if (!this.isHeldBack) this.#pass(to)
  }

  /** What was settled beyond it is built again from here. */
  startOver(): void {
    this.ghosts.clear()
    this.#tombstones.clear()
    this.#unpassed = 0
  }

  /** All that their objects may hold is settled. */
  #leaveTombstones(to: Mark): void {
    for (const [first, { until }] of this.#tombstones) if (until <= to.position) this.#tombstones.delete(first)
  }

  #pass(to: Mark): void {
    this.#at = to
    if (this.#unpassed > 0) this.#onPassed(this.#unpassed)
    this.#unpassed = 0
  }
}

function hourOf(timeMs: number | undefined): number {
  return Math.floor((timeMs ?? 0) / HOUR_MS)
}
