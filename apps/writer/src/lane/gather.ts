import type { DestinationVersionId } from '@roomlog/domain'
import type { BatchMemory, JournalBatch } from '@roomlog/journal'
import type { Pins } from '../pins.ts'
import { LaneRecord } from './record.ts'

/** Records of one lane in memory, in the order of their positions. */
export class Gather {
  readonly records: LaneRecord[] = []
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
    if (!batch.counts.has(this.#destination)) return
    const wanted = batch.sets.map((set) => set.includes(this.#destination))
    const size = sizeOf(batch, wanted)
    // A small share is copied out, so that a few records do not keep megabytes alive.
    const copy = size * 2 < batch.bytes.length ? Buffer.allocUnsafe(size) : undefined
    const memory = copy ? { bytes: size, release() {} } : batch.memory
    this.#pins.hold(memory)
    this.#held.push(memory)
    this.#bytes += size
    const { bytes, set, room, rooms, timeMs, offset, firstPosition } = batch
    let copied = 0
    for (let i = 0; i < set.length; i++) {
      if (!wanted[set[i] ?? -1]) continue
      const roomId = rooms[room[i] ?? -1]
      const at = timeMs[i]
      const start = offset[i]
      const end = offset[i + 1]
      if (roomId === undefined || at === undefined || start === undefined || end === undefined) {
        throw new Error(`record ${i} of batch ${batch.appendId} is not indexed`)
      }
      const from = copy ? copied : start
      if (copy) copied += bytes.copy(copy, copied, start, end)
      this.records.push(new LaneRecord(roomId, firstPosition + i, at, copy ?? bytes, from, end - start))
    }
  }

  /** No longer counts as memory in use; to be called once nobody needs the records. */
  release(): void {
    for (const memory of this.#held.splice(0)) this.#pins.release(memory)
  }
}

function sizeOf({ set, offset }: JournalBatch, wanted: readonly boolean[]): number {
  let size = 0
  for (let i = 0; i < set.length; i++) if (wanted[set[i] ?? -1]) size += (offset[i + 1] ?? 0) - (offset[i] ?? 0)
  return size
}
