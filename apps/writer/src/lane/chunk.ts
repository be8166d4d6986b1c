import type { RoomId } from '@roomlog/domain'
import type { Part } from './records.ts'

/** Records that were copied out of their batches, one behind the other: a few of each, from many batches. */
export class Chunk implements Part {
  readonly rooms: RoomId[] = []
  readonly room: Uint16Array
  readonly timeMs: Float64Array
  readonly offset: Uint32Array
  readonly source: Buffer
  readonly firstPosition: number
  readonly nth: Uint32Array
  readonly #roomAt = new Map<RoomId, number>()
  #count = 0

  constructor(firstPosition: number, room: { readonly bytes: number; readonly records: number }) {
    this.firstPosition = firstPosition
    this.source = Buffer.allocUnsafeSlow(room.bytes)
    this.room = new Uint16Array(room.records)
    this.timeMs = new Float64Array(room.records)
    this.nth = new Uint32Array(room.records)
    this.offset = new Uint32Array(room.records + 1)
  }

  get count(): number {
    return this.#count
  }

  /** All the memory that it takes, filled or not. */
  get memoryBytes(): number {
    const { source, room, timeMs, offset, nth } = this
    return source.length + room.byteLength + timeMs.byteLength + offset.byteLength + nth.byteLength
  }

  hasRoomFor(bytes: number): boolean {
    return this.#count < this.room.length && (this.offset[this.#count] ?? 0) + bytes <= this.source.length
  }

  add(roomId: RoomId, position: number, timeMs: number, bytes: Buffer, start: number, end: number): void {
    const n = this.#count
    const at = this.offset[n] ?? 0
    bytes.copy(this.source, at, start, end)
    this.room[n] = this.#indexOf(roomId)
    this.timeMs[n] = timeMs
    this.nth[n] = position - this.firstPosition
    this.offset[n + 1] = at + end - start
    this.#count++
  }

  #indexOf(roomId: RoomId): number {
    const known = this.#roomAt.get(roomId)
    if (known !== undefined) return known
    this.#roomAt.set(roomId, this.rooms.length)
    return this.rooms.push(roomId) - 1
  }
}
