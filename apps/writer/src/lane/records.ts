import type { RoomId } from '@roomlog/domain'
import { LaneRecord } from './record.ts'

/** Records in columns, in order. Always of this class: what reads them is compiled for one shape. */
export class Part {
  /** More may be put behind them until the next part is added. */
  count: number
  readonly rooms: readonly RoomId[]
  /** Index into `rooms`, by record. */
  readonly room: Uint16Array
  readonly timeMs: Float64Array
  /** Record `n` is `source.subarray(offset[n], offset[n + 1])`. */
  readonly offset: Uint32Array
  readonly source: Buffer
  /** Record `n` has position `firstPosition + n`, or `firstPosition + nth[n]` where there are others between them. */
  readonly firstPosition: number
  readonly nth: Uint32Array | undefined

  constructor(count: number, { rooms, room, timeMs, offset, source, firstPosition, nth }: Omit<Part, 'count'>) {
    this.count = count
    this.rooms = rooms
    this.room = room
    this.timeMs = timeMs
    this.offset = offset
    this.source = source
    this.firstPosition = firstPosition
    this.nth = nth
  }
}

/** A room's records, by their indexes. */
export type RoomRecords = { readonly length: number; all(): LaneRecord[] }

/**
 * Records in the order of their positions. An object for a record is made when it is about to be sent: a million that wait
 * would keep the garbage collector busier than all the sending. Arrays of them grow by `push`: V8 takes one that `map` or
 * `Array.from` made, sometimes, for one with holes, and then compiles all that reads records once more.
 */
export class Records {
  readonly #parts: Part[] = []
  /** How many records come before each part. */
  readonly #starts: number[] = []

  get length(): number {
    return (this.#starts.at(-1) ?? 0) + (this.#parts.at(-1)?.count ?? 0)
  }

  add(part: Part): void {
    this.#starts.push(this.length)
    this.#parts.push(part)
  }

  slice(from: number, to: number): LaneRecord[] {
    const made: LaneRecord[] = []
    this.#parts.forEach((part, p) => {
      const start = this.#starts[p] ?? 0
      const end = Math.min(part.count, to - start)
      for (let n = Math.max(0, from - start); n < end; n++) made.push(recordAt(part, n))
    })
    return made
  }

  all(): LaneRecord[] {
    return this.slice(0, this.length)
  }

  /** The room with the oldest record first. */
  byRoom(): ReadonlyMap<RoomId, RoomRecords> {
    const indexes = new Map<RoomId, number[]>()
    this.#parts.forEach(({ rooms, room, count }, p) => {
      const lists: (number[] | undefined)[] = []
      const start = this.#starts[p] ?? 0
      for (let n = 0; n < count; n++) {
        const r = room[n] ?? -1
        const list = lists[r] ?? listFor(indexes, rooms[r])
        lists[r] = list
        list.push(start + n)
      }
    })
    return new Map([...indexes].map(([roomId, list]) => [roomId, { length: list.length, all: () => this.#made(list) }]))
  }

  /** `indexes` rise. */
  #made(indexes: readonly number[]): LaneRecord[] {
    const made: LaneRecord[] = []
    let at = 0
    this.#parts.forEach((part, p) => {
      const start = this.#starts[p] ?? 0
      const end = start + part.count
      for (let index = indexes[at]; index !== undefined && index < end; index = indexes[++at]) {
        made.push(recordAt(part, index - start))
      }
    })
    return made
  }
}

function listFor(indexes: Map<RoomId, number[]>, roomId: RoomId | undefined): number[] {
  if (roomId === undefined) throw new Error('a record is not indexed')
  const list = indexes.get(roomId) ?? []
  indexes.set(roomId, list)
  return list
}

function recordAt({ rooms, room, timeMs, offset, source, firstPosition, nth }: Part, n: number): LaneRecord {
  const roomId = rooms[room[n] ?? -1]
  const at = timeMs[n]
  const start = offset[n]
  const end = offset[n + 1]
  if (roomId === undefined || at === undefined || start === undefined || end === undefined) {
    throw new Error(`record ${n} behind position ${firstPosition} is not indexed`)
  }
  return new LaneRecord(roomId, firstPosition + (nth ? (nth[n] ?? 0) : n), at, source, start, end - start)
}
