import type { SinkRecords } from '@roomlog/sinks'
import type { LaneRecord } from './record.ts'

/** Records of a lane, in order: an array of them, or a selection. */
export type LaneRecords = SinkRecords<LaneRecord> & {
  slice(from?: number, to?: number): LaneRecords
  filter(keep: (record: LaneRecord, index: number) => boolean): readonly LaneRecord[]
}

/** What a selection is of. */
type Source = {
  /** Where to look for a record; `near` is what the one before gave. */
  partOf(index: number, near: number): number
  recordAt(index: number, part: number): LaneRecord | undefined
}

/**
 * Some records of a cycle. Each is made whenever it is asked for, and soon garbage: held until their call is answered,
 * records would outlive a collection or two, and copying those was most of the collector's work.
 */
export class Selection implements LaneRecords {
  readonly length: number
  readonly #source: Source
  /** Undefined: all from `from` on. */
  readonly #indexes: Uint32Array | undefined
  readonly #from: number
  #part = 0

  constructor(source: Source, indexes: Uint32Array | undefined, from: number, to: number) {
    this.length = Math.max(0, to - from)
    this.#source = source
    this.#indexes = indexes
    this.#from = from
  }

  at(index: number): LaneRecord | undefined {
    const n = index < 0 ? index + this.length : index
    if (n < 0 || n >= this.length) return undefined
    const wanted = this.#indexes ? (this.#indexes[this.#from + n] ?? 0) : this.#from + n
    this.#part = this.#source.partOf(wanted, this.#part)
    return this.#source.recordAt(wanted, this.#part)
  }

  slice(from = 0, to = this.length): Selection {
    return new Selection(this.#source, this.#indexes, this.#from + this.#place(from), this.#from + this.#place(to))
  }

  filter(keep: (record: LaneRecord, index: number) => boolean): readonly LaneRecord[] {
    const kept: LaneRecord[] = []
    for (let n = 0; n < this.length; n++) {
      const record = this.at(n)
      if (record && keep(record, n)) kept.push(record)
    }
    return kept
  }

  *[Symbol.iterator](): Iterator<LaneRecord> {
    for (let n = 0; n < this.length; n++) {
      const record = this.at(n)
      if (record) yield record
    }
  }

  /** From the end where negative, and not beyond either end. */
  #place(index: number): number {
    return index < 0 ? Math.max(0, index + this.length) : Math.min(index, this.length)
  }
}
