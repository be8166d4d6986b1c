import type { DestinationVersionId } from '@roomlog/domain'
import { type JournalBatch, positionOf } from '@roomlog/journal'
import type { Memory, Pins } from '../pins.ts'
import { Chunk } from './chunk.ts'
import { Part, Records } from './records.ts'

/** Of what is copied: the first chunk is small, since most lanes have little to send; each one more is twice as large. */
const CHUNK_BYTES = { min: 4 * 1024, max: 256 * 1024 }
const RECORD_BYTES_ASSUMED = 256

/** Records of one lane in memory, in the order of their positions. */
export class Gather {
  readonly records = new Records()
  readonly #destination: DestinationVersionId
  readonly #pins: Pins
  readonly #kept: Memory[] = []
  #chunk: Chunk | undefined
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
    if (count === batch.set.length && batch.bytes.length >= this.#pins.wholeBytesMin) this.#takeWhole(batch, count)
    else this.#copy(batch)
  }

  /** No longer counts as memory in use; to be called once nobody needs the records. */
  release(): void {
    for (const memory of this.#kept.splice(0)) this.#pins.drop(memory)
  }

  #takeWhole(batch: JournalBatch, count: number): void {
    const { rooms, room, timeMs, offset, bytes, firstPosition } = batch
    this.#chunk = undefined
    this.#keep(bytes)
    this.#bytes += bytes.length
    this.records.add(new Part(count, { rooms, room, timeMs, offset, source: bytes, positions: firstPosition }))
  }

  /** So that a few records do not keep a batch of megabytes, nor many small batches more memory than their records have. */
  #copy(batch: JournalBatch): void {
    const { bytes, set, room, rooms, timeMs, offset, firstPosition } = batch
    const wanted = batch.sets.map((ids) => ids.includes(this.#destination))
    for (let i = 0; i < set.length; i++) {
      if (!wanted[set[i] ?? -1]) continue
      const roomId = rooms[room[i] ?? -1]
      const at = timeMs[i]
      const start = offset[i]
      const end = offset[i + 1]
      if (roomId === undefined || at === undefined || start === undefined || end === undefined) {
        throw new Error(`record ${i} of batch ${batch.appendId} is not indexed`)
      }
      this.#chunkFor(end - start).add(roomId, positionOf(firstPosition, i), at, bytes, start, end)
      this.#bytes += end - start
    }
  }

  #chunkFor(bytes: number): Chunk {
    if (this.#chunk?.hasRoomFor(bytes)) return this.#chunk
    const twice = this.#chunk ? 2 * this.#chunk.sizeBytes : CHUNK_BYTES.min
    const size = Math.max(bytes, Math.min(CHUNK_BYTES.max, twice))
    const chunk = new Chunk({ bytes: size, records: Math.ceil(size / RECORD_BYTES_ASSUMED) })
    this.#chunk = chunk
    this.#keep(chunk)
    this.records.add(chunk.part)
    return chunk
  }

  #keep(memory: Memory): void {
    this.#pins.keep(memory)
    this.#kept.push(memory)
  }
}
