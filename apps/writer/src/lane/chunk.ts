import type { RoomId } from '@roomlog/domain'
import type { Position } from '@roomlog/journal'
import { Part } from './records.ts'

/** Records that were copied out of their batches, one behind the other: a few of each, from many batches. */
export class Chunk {
  readonly part: Part
  readonly #rooms: RoomId[] = []
  readonly #positions: Float64Array
  readonly #roomAt = new Map<RoomId, number>()

  constructor(size: { readonly bytes: number; readonly records: number }) {
    const source = Buffer.allocUnsafeSlow(size.bytes)
    const room = new Uint16Array(size.records)
    const timeMs = new Float64Array(size.records)
    const offset = new Uint32Array(size.records + 1)
    this.#positions = new Float64Array(size.records)
    this.part = new Part(0, { rooms: this.#rooms, room, timeMs, offset, source, positions: this.#positions })
  }

  /** Of records, filled or not. */
  get sizeBytes(): number {
    return this.part.source.length
  }

  /** All the memory that it takes, filled or not. */
  get byteLength(): number {
    const { source, room, timeMs, offset } = this.part
    return source.length + room.byteLength + timeMs.byteLength + offset.byteLength + this.#positions.byteLength
  }

  hasRoomFor(bytes: number): boolean {
    const { count, room, offset, source } = this.part
    return count < room.length && (offset[count] ?? 0) + bytes <= source.length
  }

  add(roomId: RoomId, position: Position, timeMs: number, bytes: Buffer, start: number, end: number): void {
    const { part } = this
    const n = part.count
    const at = part.offset[n] ?? 0
    bytes.copy(part.source, at, start, end)
    part.room[n] = this.#indexOf(roomId)
    part.timeMs[n] = timeMs
    this.#positions[n] = position
    part.offset[n + 1] = at + end - start
    part.count++
  }

  #indexOf(roomId: RoomId): number {
    const known = this.#roomAt.get(roomId)
    if (known !== undefined) return known
    this.#roomAt.set(roomId, this.#rooms.length)
    return this.#rooms.push(roomId) - 1
  }
}
