import type { DestinationVersionId } from '@roomlog/domain'
import type { BatchMemory, JournalBatch } from '@roomlog/journal'
import type { Pins } from '../pins.ts'
import { type Part, Records } from './records.ts'

/** Records of one lane in memory, in the order of their positions. */
export class Gather {
  readonly records = new Records()
  readonly #destination: DestinationVersionId
  readonly #pins: Pins
  readonly #held: BatchMemory[] = []
  #bytes = 0

  constructor(destination: DestinationVersionId, pins: Pins) {
    this.#destination = destination
    this.#pins = pins
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Takes the lane's records of a batch. */
  add(batch: JournalBatch): void {
    const count = batch.counts.get(this.#destination)
    if (count === undefined) return
    const isWhole = count === batch.set.length
    const part = isWhole ? wholeOf(batch) : shareOf(batch, this.#destination)
    const memory = isWhole ? batch.memory : { bytes: part.source.length, release() {} }
    this.#pins.hold(memory)
    this.#held.push(memory)
    this.#bytes += part.source.length
    this.records.add(part)
  }

  /** No longer counts as memory in use; to be called once nobody needs the records. */
  release(): void {
    for (const memory of this.#held.splice(0)) this.#pins.release(memory)
  }
}

function wholeOf({ rooms, room, timeMs, offset, bytes, firstPosition }: JournalBatch): Part {
  return { rooms, room, timeMs, offset, source: bytes, firstPosition, nth: undefined }
}

/** Copied, so that a few records do not keep a batch of megabytes. */
function shareOf(batch: JournalBatch, destination: DestinationVersionId): Part {
  const { rooms, firstPosition } = batch
  const wanted = batch.sets.map((set) => set.includes(destination))
  const nth = Uint32Array.from(batch.set.keys()).filter((i) => wanted[batch.set[i] ?? -1])
  const room = Uint16Array.from(nth, (i) => batch.room[i] ?? 0)
  const timeMs = Float64Array.from(nth, (i) => batch.timeMs[i] ?? 0)
  const offset = new Uint32Array(nth.length + 1)
  nth.forEach((i, n) => {
    offset[n + 1] = (offset[n] ?? 0) + (batch.offset[i + 1] ?? 0) - (batch.offset[i] ?? 0)
  })
  const source = Buffer.allocUnsafe(offset[nth.length] ?? 0)
  nth.forEach((i, n) => {
    batch.bytes.copy(source, offset[n], batch.offset[i], batch.offset[i + 1])
  })
  return { rooms, room, timeMs, offset, source, firstPosition, nth }
}
