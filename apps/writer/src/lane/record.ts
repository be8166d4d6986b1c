import { type MessageId, type RoomId, recordId } from '@roomlog/domain'
import { lineOf, type SinkRecord } from '@roomlog/sinks'

/** A record of a batch: where its bytes are, nothing copied and nothing parsed. */
export class LaneRecord implements SinkRecord {
  readonly roomId: RoomId
  readonly position: number
  readonly timeMs: number
  readonly source: Buffer
  readonly start: number
  readonly byteLength: number

  constructor(roomId: RoomId, position: number, timeMs: number, source: Buffer, start: number, byteLength: number) {
    this.roomId = roomId
    this.position = position
    this.timeMs = timeMs
    this.source = source
    this.start = start
    this.byteLength = byteLength
  }

  /** A copy that keeps no batch alive, and outlives its memory. */
  detached(): LaneRecord {
    const source = Buffer.from(lineOf(this))
    return new LaneRecord(this.roomId, this.position, this.timeMs, source, 0, source.length)
  }

  /** Read from its fixed place in the line; the api wrote it there. */
  get id(): MessageId {
    const id = recordId(lineOf(this))
    if (id === undefined) throw new Error(`the record at position ${this.position} of room ${this.roomId} has no Id`)
    return id
  }
}
