import type { RoomId } from '@roomlog/domain'
import { type Position, positionOf } from '@roomlog/journal'
import { LaneRecord } from './record.ts'
import { Selection } from './selection.ts'

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
  /** The first one's, where they stand in the journal one behind the other; else each one's. */
  readonly positions: Position | Float64Array

  constructor(count: number, { rooms, room, timeMs, offset, source, positions }: Omit<Part, 'count'>) {
    this.count = count
    this.rooms = rooms
    this.room = room
    this.timeMs = timeMs
    this.offset = offset
    this.source = source
    this.positions = positions
  }
}

/** Records in the order of their positions, without an object for each: a million that wait would keep the collector busy. */
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

  all(): Selection {
    return new Selection(this, undefined, 0, this.length)
  }

  /** The room with the oldest record first. */
  byRoom(): ReadonlyMap<RoomId, Selection> {
    const rooms = new Rooms()
    const slots = this.#parts.map((part) => rooms.count(part))
    const ends = rooms.starts()
    const indexes = new Uint32Array(this.length)
    this.#parts.forEach(({ room, count }, p) => {
      const start = this.#starts[p] ?? 0
      const slotOf = slots[p] ?? []
      for (let n = 0; n < count; n++) {
        const slot = slotOf[room[n] ?? -1] ?? 0
        const end = ends[slot] ?? 0
        indexes[end] = start + n
        ends[slot] = end + 1
      }
    })
    return rooms.map((slot, count) => {
      const end = ends[slot] ?? 0
      return new Selection(this, indexes, end - count, end)
    })
  }

  /** The part that has the record of that index; looked for from `near` on. */
  partOf(index: number, near: number): number {
    let part = (this.#starts[near] ?? 0) <= index ? near : 0
    while (index >= (this.#starts[part + 1] ?? Number.POSITIVE_INFINITY)) part++
    return part
  }

  recordAt(index: number, part: number): LaneRecord | undefined {
    const found = this.#parts[part]
    return found && recordAt(found, index - (this.#starts[part] ?? 0))
  }
}

/** Rooms in the order of their first records, and how many records each has. */
class Rooms {
  readonly #slots = new Map<RoomId, number>()
  readonly #counts: number[] = []

  /** Counts the records of a part; the slots of its rooms. */
  count({ rooms, room, count }: Part): readonly (number | undefined)[] {
    const slotOf: (number | undefined)[] = []
    for (let n = 0; n < count; n++) {
      const r = room[n] ?? -1
      const slot = slotOf[r] ?? this.#slotFor(rooms[r])
      slotOf[r] = slot
      this.#counts[slot] = (this.#counts[slot] ?? 0) + 1
    }
    return slotOf
  }

  /** How many records are of rooms before each. */
  starts(): number[] {
    let end = 0
    return this.#counts.map((count) => {
      end += count
      return end - count
    })
  }

  map<T>(each: (slot: number, count: number) => T): ReadonlyMap<RoomId, T> {
    return new Map([...this.#slots].map(([roomId, slot]) => [roomId, each(slot, this.#counts[slot] ?? 0)]))
  }

  #slotFor(roomId: RoomId | undefined): number {
    if (roomId === undefined) throw new Error('a record is not indexed')
    const slot = this.#slots.get(roomId) ?? this.#slots.size
    this.#slots.set(roomId, slot)
    return slot
  }
}

function recordAt({ rooms, room, timeMs, offset, source, positions }: Part, n: number): LaneRecord {
  const roomId = rooms[room[n] ?? -1]
  const at = timeMs[n]
  const start = offset[n]
  const end = offset[n + 1]
  const position = typeof positions === 'number' ? positionOf(positions, n) : positions[n]
  if (roomId === undefined || at === undefined || start === undefined || end === undefined || position === undefined) {
    throw new Error(`record ${n} of ${room.length} is not indexed`)
  }
  return new LaneRecord(roomId, position, at, source, start, end - start)
}
