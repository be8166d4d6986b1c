import type { DestinationVersionId } from '@roomlog/domain'
import type { LoadedLane } from '@roomlog/journal'
import type { Destination } from '../lane/destination.ts'
import { Lane, type LaneContext } from '../lane/lane.ts'
import type { Mark } from '../lane/mark.ts'
import type { Reports } from '../reports.ts'

/** What a lane inherits from the writer before. */
type EarlierLife = Pick<LoadedLane, 'intent' | 'quietForMs'>

export type LanesOptions = Omit<LaneContext, 'blocked' | 'changed' | 'report'> & {
  readonly reports: Reports
  /** Up to where every batch was offered to its lanes. */
  readonly frontier: () => Mark
  readonly hasRow: (id: DestinationVersionId) => boolean
  readonly stopping: AbortSignal
  /** One of them can take more, has moved, or is gone. */
  readonly onChange: () => void
  /** One of them ended by itself. */
  readonly onFailure: (error: unknown) => void
}

/** The lanes of a partition: there from the first record that is addressed to them until all of theirs are settled. */
export class Lanes {
  readonly #options: LanesOptions
  readonly #lanes = new Map<DestinationVersionId, Lane>()
  readonly #running = new Set<Promise<void>>()

  constructor(options: LanesOptions) {
    this.#options = options
  }

  get all(): ReadonlyMap<DestinationVersionId, Lane> {
    return this.#lanes
  }

  open(destination: Destination, checkpoint: Mark, earlier: EarlierLife): Lane {
    const { stopping, onChange, onFailure, reports, ...context } = this.#options
    const { id } = destination.version
    const changed = () => {
      this.sweep()
      onChange()
    }
    const blocked = () => this.#blocked(destination)
    const report = reports.lane(destination.version)
    const lane = new Lane(destination, { checkpoint, ...earlier }, { ...context, blocked, changed, report })
    this.#lanes.set(id, lane)
    if (stopping.aborted) lane.stop()
    const running: Promise<void> = lane
      .run()
      .then(() => {
        if (this.#lanes.get(id) === lane && !stopping.aborted) throw new Error('a lane ended by itself')
      })
      .catch(onFailure)
      .finally(() => {
        this.#running.delete(running)
        report.end()
      })
    this.#running.add(running)
    return lane
  }

  stop(): void {
    for (const lane of this.#lanes.values()) lane.stop()
  }

  /** Drops what they have in flight. */
  kill(): void {
    for (const lane of this.#lanes.values()) lane.kill()
  }

  /** Resolves when none of them runs any more. */
  async ended(): Promise<void> {
    await Promise.all(this.#running)
  }

  wake(): void {
    for (const lane of this.#lanes.values()) lane.wake()
    this.#options.onChange()
  }

  /** Drops a lane and its row. */
  abandon(id: DestinationVersionId): void {
    const lane = this.#lanes.get(id)
    if (!lane) return
    lane.kill()
    this.#lanes.delete(id)
    void this.#options.save()
    this.wake()
  }

  /** Whether each of them is settled up to the frontier. */
  settled(): boolean {
    const { position } = this.#options.frontier()
    return [...this.#lanes.values()].every((lane) => lane.settledTo(position))
  }

  /** Lanes that are settled and have no row simply go; those with a row go with the next write. */
  sweep(): void {
    const { frontier, hasRow, save } = this.#options
    for (const [id, lane] of this.#lanes) {
      if (!lane.settledTo(frontier().position)) continue
      if (hasRow(id) || lane.tally.pending) void save()
      else this.#retire(id, lane)
    }
  }

  /** The row of a settled lane is gone. */
  closed(id: DestinationVersionId): void {
    const { frontier, save } = this.#options
    const lane = this.#lanes.get(id)
    // It may have taken new records while its row was being deleted: those are above `dispatched`.
    if (!lane?.settledTo(frontier().position)) return
    // Or settled them too: what it has counted, and its dead letters, are still to be written.
    if (lane.tally.pending) void save()
    else this.#retire(id, lane)
  }

  #retire(id: DestinationVersionId, lane: Lane): void {
    lane.stop()
    this.#lanes.delete(id)
    this.wake()
  }

  /** A later version with the same target starts only after the earlier one has drained here, or order would break. */
  #blocked(one: Destination): boolean {
    const { version } = one
    for (const { destination } of this.#lanes.values()) {
      const other = destination.version
      if (
        isEarlier(destination, one) &&
        other.loggingConfigurationId === version.loggingConfigurationId &&
        other.kind === version.kind &&
        other.target === version.target
      ) {
        return true
      }
    }
    return false
  }
}

/** Ids are drawn at random; those that earlier versions counted up tell two of one moment apart. */
function isEarlier(a: Destination, b: Destination): boolean {
  return a.madeAtMs < b.madeAtMs || (a.madeAtMs === b.madeAtMs && a.version.id < b.version.id)
}
