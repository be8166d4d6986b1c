import { type MessageId, type RoomId, recordId } from '@roomlog/domain'
import type { SinkRecord } from '@roomlog/sinks'

/** A record of a batch: where its bytes are, nothing copied and nothing parsed. */
export class LaneRecord implements SinkRecord {
  readonly roomId: RoomId
  readonly position: number
  readonly timeMs: number
  readonly #buffer: Buffer
  readonly #start: number
  readonly #end: number

  constructor(at: { roomId: RoomId; position: number; timeMs: number; buffer: Buffer; start: number; end: number }) {
    this.roomId = at.roomId
    this.position = at.position
    this.timeMs = at.timeMs
    this.#buffer = at.buffer
    this.#start = at.start
    this.#end = at.end
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(this.#start, this.#end)
  }

  get byteLength(): number {
    return this.#end - this.#start
  }

  /** A copy that keeps no batch alive. */
  detached(): LaneRecord {
    const buffer = Buffer.from(this.bytes)
    return new LaneRecord({ ...this, buffer, start: 0, end: buffer.length })
  }

  /** Read from its fixed place in the line; the api wrote it there. */
  get id(): MessageId {
    const id = recordId(this.bytes)
    if (id === undefined) throw new Error(`the record at position ${this.position} of room ${this.roomId} has no Id`)
    return id
  }
}
