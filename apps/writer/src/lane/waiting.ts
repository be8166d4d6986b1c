import type { DestinationVersionId } from '@roomlog/domain'
import type { JournalBatch } from '@roomlog/journal'
import type { Pins } from '../pins.ts'
import { Gather } from './gather.ts'
import type { Mark } from './mark.ts'

export type WaitingOptions = {
  readonly destination: DestinationVersionId
  readonly pins: Pins
  /** What should wait at most. */
  readonly bytesMax: () => number
  /** A cycle is full once it has this much. */
  readonly cycleBytesMax: number
  readonly cycleRecordsMax: number
}

/** Records for one cycle: up to `to`, due at a time of the monotonic clock. */
type Piece = { readonly gather: Gather; readonly dueAtMs: number; to: Mark }

/** What a lane has taken and not cut yet, in cycles: more than one, where lanes that send less at once share its reads. */
export class Waiting {
  readonly #options: WaitingOptions
  readonly #pieces: Piece[] = []
  #bytes = 0
  #isSated = false
  /** Effective time of the last batch, whoever its records were for. */
  #timeMs = 0
  /** Time has fallen since the last piece: what comes next is not delivered together with it. */
  #fell = false

  constructor(options: WaitingOptions) {
    this.#options = options
  }

  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0
  }

  /** The first cycle has all that it may have. */
  get isFull(): boolean {
    const [first] = this.#pieces
    return first !== undefined && (this.#pieces.length > 1 || this.#hasAll(first))
  }

  /** All that should wait does, and no more is taken before half of that is cut. */
  get isSated(): boolean {
    return this.#isSated
  }

  get hasRoom(): boolean {
    return !this.#isSated && this.#bytes < this.#options.bytesMax()
  }

  /** When the oldest record should be on its way. */
  get dueAtMs(): number | undefined {
    return this.#pieces[0]?.dueAtMs
  }

  /**
   * Takes the lane's records of a batch, if there are any. `whole`: all belongs to one cycle, however large. Where a
   * partition's time was healed it falls, and a cycle ends: no object may span it (retention takes it for the end of an hour),
   * nor a call or a reading back (both take times to rise).
   */
  add(batch: JournalBatch, { dueAtMs, whole }: { readonly dueAtMs: number; readonly whole: boolean }): void {
    const { destination, pins, bytesMax } = this.#options
    this.#fell ||= (batch.timeMs[0] ?? 0) < this.#timeMs
    this.#timeMs = batch.timeMs.at(-1) ?? 0
    if (!batch.counts.get(destination)) return
    const to = { position: batch.lastPosition, appendId: batch.appendId }
    let piece = this.#pieces.at(-1)
    if (piece === undefined || (!whole && (this.#fell || this.#hasAll(piece)))) {
      piece = { gather: new Gather(destination, pins), dueAtMs, to }
      this.#pieces.push(piece)
      this.#fell = false
    }
    const before = piece.gather.bytes
    piece.gather.add(batch)
    piece.to = to
    this.#bytes += piece.gather.bytes - before
    if (this.#bytes >= bytesMax()) this.#isSated = true
  }

  /** The records of the next cycle, and where it ends: at `read`, up to where the lane has read, if nothing is behind them. */
  cut(read: Mark): { readonly gather: Gather; readonly to: Mark } {
    const first = this.#pieces.shift()
    if (first === undefined) return { gather: new Gather(this.#options.destination, this.#options.pins), to: read }
    this.#bytes -= first.gather.bytes
    if (this.#bytes <= this.#options.bytesMax() / 2) this.#isSated = false
    return { gather: first.gather, to: this.isEmpty ? read : first.to }
  }

  /** Lets go of everything. */
  release(): void {
    for (const { gather } of this.#pieces.splice(0)) gather.release()
    this.#timeMs = 0
    this.#fell = false
    this.#bytes = 0
    this.#isSated = false
  }

  #hasAll({ gather }: Piece): boolean {
    const { cycleBytesMax, cycleRecordsMax } = this.#options
    return gather.bytes >= cycleBytesMax || gather.records.length >= cycleRecordsMax
  }
}
