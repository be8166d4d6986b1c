import type { DestinationVersionId, MessageId, RoomId } from '@roomlog/domain'
import { DestinationVersionId as destinationVersionId, RoomId as roomIdOf } from '@roomlog/domain'
import { checksumOf } from './checksum.ts'
import { DestinationSets } from './destination-sets.ts'
import type { AppendId, Fault, JournalBatch, NewRecord, Partition, Position, ReadOutcome } from './port.ts'
import { toPosition } from './position.ts'

/** What `encodeEntry` makes and `decodeEntry` opens: the layout of the index, the records one after another. */
export const ENTRY_FORMAT = 1
/** The same with the records as an LZ4 frame. Earlier versions wrote it; it is only read. */
export const LZ4_FORMAT = 2
/** A tombstone: an operator set the batch aside. It has its place and its counts, no index and no records. */
export const SET_ASIDE_FORMAT = 3
/** As the first, with the records as a zstd frame: what Postgres keeps of batches that are worth it. */
export const ZSTD_FORMAT = 4

// Layout: u16 rooms, u16 sets, u32 records; rooms of 12 bytes; sets of u8 n and n u32; then per record
// u16 room, u16 set, f64 time, 12 bytes id, u32 length. Little endian; fixed width, so nothing is parsed twice. The id is for
// whoever looks at a row by hand: a reader has it from the record.
const HEADER_BYTES = 8
const ID_BYTES = 12
const RECORD_BYTES = 28

export type Entry = {
  readonly format: number
  readonly index: Buffer
  readonly bytes: Buffer
  readonly destinationVersionIds: readonly DestinationVersionId[]
  readonly destinationCounts: readonly number[]
  readonly timeMaxMs: number
}

/** Packs records into what one journal row holds. */
export function encodeEntry(records: readonly NewRecord[]): Entry {
  const rooms = new Map<RoomId, number>()
  const sets = new DestinationSets()
  const roomOf = new Uint16Array(records.length)
  const setOf = new Uint16Array(records.length)
  let timeMaxMs = 0
  for (const [i, { roomId, destinations, timeMs }] of records.entries()) {
    const room = rooms.get(roomId)
    roomOf[i] = room ?? rooms.size
    if (room === undefined) rooms.set(roomId, rooms.size)
    setOf[i] = sets.count(destinations)
    timeMaxMs = Math.max(timeMaxMs, timeMs)
  }
  const index = Buffer.allocUnsafe(
    HEADER_BYTES + rooms.size * ID_BYTES + sets.encodedBytes + records.length * RECORD_BYTES,
  )
  let at = index.writeUInt16LE(rooms.size, 0)
  at = index.writeUInt16LE(sets.all.length, at)
  at = index.writeUInt32LE(records.length, at)
  for (const room of rooms.keys()) at = writeId(index, room, at)
  for (const { ids } of sets.all) {
    at = index.writeUInt8(ids.length, at)
    for (const id of ids) at = index.writeUInt32LE(id, at)
  }
  for (const [i, { id, timeMs, bytes }] of records.entries()) {
    at = index.writeUInt16LE(roomOf[i] ?? 0, at)
    at = index.writeUInt16LE(setOf[i] ?? 0, at)
    at = index.writeDoubleLE(timeMs, at)
    at = writeId(index, id, at)
    at = index.writeUInt32LE(bytes.length, at)
  }
  const counts = sets.countsById()
  return {
    format: ENTRY_FORMAT,
    index,
    bytes: Buffer.concat(records.map((record) => record.bytes)),
    destinationVersionIds: [...counts.keys()],
    destinationCounts: [...counts.values()],
    timeMaxMs,
  }
}

/** A call for 12 characters takes longer than they do. */
function writeId(index: Buffer, id: RoomId | MessageId, at: number): number {
  for (let i = 0; i < ID_BYTES; i++) index[at + i] = id.charCodeAt(i)
  return at + ID_BYTES
}

/** A journal row as it was stored. */
export type StoredEntry = {
  readonly partition: Partition
  readonly firstPosition: Position
  readonly appendId: AppendId
  readonly committedAtMs: number
  /** Greatest effective time before this batch. */
  readonly floorTimeMs: number
  readonly format: number
  readonly index: Buffer
  readonly bytes: Buffer
  readonly destinationVersionIds: readonly number[]
  readonly destinationCounts: readonly number[]
  readonly recordCount: number
  /** Undefined in a row that an earlier version wrote. */
  readonly crc32: number | undefined
  /** Of a tombstone: the revision of the partition's progress since it was set aside. */
  readonly setAsideRevision: number | undefined
}

/** Why a row, as it is stored, cannot be opened, if that shows before it is. */
export function faultOf(stored: StoredEntry): Fault | undefined {
  const { crc32, format, firstPosition: position } = stored
  if (crc32 !== undefined && crc32 !== checksumOf(stored)) return damaged(position, 'its checksum does not fit')
  return format > ZSTD_FORMAT ? { status: 'unreadable', position, format } : undefined
}

export function damaged(position: Position, reason: string): Fault {
  return { status: 'damaged', position, reason }
}

/** Opens rows up to the first one that cannot be; where that is the very first, it is the answer. */
export function decodeEntries(rows: readonly (StoredEntry | Fault)[]): ReadOutcome {
  const batches: JournalBatch[] = []
  for (const row of rows) {
    const opened = 'status' in row ? row : open(row)
    if (!('status' in opened)) batches.push(opened)
    else if (batches.length > 0) break
    else return opened
  }
  return { status: 'read', batches }
}

/** What a row without a checksum holds may be anything. */
function open(entry: StoredEntry): JournalBatch | Fault {
  try {
    return decodeEntry(entry)
  } catch (error) {
    return damaged(entry.firstPosition, error instanceof Error ? error.message : String(error))
  }
}

/** Opens a stored row: offsets and effective times, no record is parsed. Throws where it is damaged. */
export function decodeEntry(entry: StoredEntry): JournalBatch {
  const { index, bytes } = entry
  if (entry.format === SET_ASIDE_FORMAT) return tombstone(entry)
  if (entry.format !== ENTRY_FORMAT) throw new Error(`its format ${entry.format} is none`)
  const roomCount = index.readUInt16LE(0)
  const setCount = index.readUInt16LE(2)
  const count = index.readUInt32LE(4)
  let at = HEADER_BYTES
  const rooms: RoomId[] = []
  for (let i = 0; i < roomCount; i++, at += ID_BYTES)
    rooms.push(roomIdOf.parse(index.toString('latin1', at, at + ID_BYTES)))
  const sets: DestinationVersionId[][] = []
  for (let i = 0; i < setCount; i++) {
    const ids: DestinationVersionId[] = []
    const n = index.readUInt8(at++)
    for (let k = 0; k < n; k++, at += 4) ids.push(destinationVersionId.parse(index.readUInt32LE(at)))
    sets.push(ids)
  }
  // Half the time of Buffer's own methods, which look at their arguments each time.
  const view = new DataView(index.buffer, index.byteOffset, index.length)
  const room = new Uint16Array(count)
  const set = new Uint16Array(count)
  const timeMs = new Float64Array(count)
  const offset = new Uint32Array(count + 1)
  let latestMs = entry.floorTimeMs
  let end = 0
  for (let i = 0; i < count; i++, at += RECORD_BYTES) {
    room[i] = view.getUint16(at, true)
    set[i] = view.getUint16(at + 2, true)
    const ownMs = view.getFloat64(at + 4, true)
    if (ownMs > latestMs) latestMs = ownMs
    timeMs[i] = latestMs
    end += view.getUint32(at + 24, true)
    offset[i + 1] = end
  }
  if (end !== bytes.length) throw new Error(`it has ${bytes.length} bytes, and ${end} are indexed`)
  if (count !== entry.recordCount) throw new Error(`it has ${entry.recordCount} records, and ${count} are indexed`)
  return {
    partition: entry.partition,
    previousEnd: toPosition(entry.firstPosition - 1),
    firstPosition: entry.firstPosition,
    lastPosition: toPosition(entry.firstPosition + count - 1),
    appendId: entry.appendId,
    committedAtMs: entry.committedAtMs,
    setAsideRevision: undefined,
    counts: countsOf(entry),
    rooms,
    sets,
    room,
    set,
    timeMs,
    offset,
    bytes,
  }
}

const NOTHING = Buffer.alloc(0)

function tombstone(entry: StoredEntry): JournalBatch {
  return {
    partition: entry.partition,
    previousEnd: toPosition(entry.firstPosition - 1),
    firstPosition: entry.firstPosition,
    lastPosition: toPosition(entry.firstPosition + entry.recordCount - 1),
    appendId: entry.appendId,
    committedAtMs: entry.committedAtMs,
    setAsideRevision: entry.setAsideRevision ?? 0,
    counts: countsOf(entry),
    rooms: [],
    sets: [],
    room: new Uint16Array(0),
    set: new Uint16Array(0),
    timeMs: new Float64Array(0),
    offset: new Uint32Array(1),
    bytes: NOTHING,
  }
}

function countsOf(entry: Pick<StoredEntry, 'destinationVersionIds' | 'destinationCounts'>) {
  const { destinationVersionIds: ids, destinationCounts: counts } = entry
  return new Map(ids.map((id, i) => [destinationVersionId.parse(id), counts[i] ?? 0]))
}

/** Records to each destination as an index has them; undefined if it is none. What it is of may be damaged. */
export function indexedCounts(index: Buffer): ReadonlyMap<number, number> | undefined {
  if (index.length < HEADER_BYTES) return undefined
  let at = HEADER_BYTES + ID_BYTES * index.readUInt16LE(0)
  const sets: number[][] = []
  for (let n = index.readUInt16LE(2); n > 0; n--) {
    const ids = index[at]
    if (ids === undefined || at + 1 + 4 * ids > index.length) return undefined
    sets.push(Array.from({ length: ids }, (_, i) => index.readUInt32LE(at + 1 + 4 * i)))
    at += 1 + 4 * ids
  }
  if (at + RECORD_BYTES * index.readUInt32LE(4) !== index.length) return undefined
  const counts = new Map<number, number>()
  for (; at < index.length; at += RECORD_BYTES) {
    for (const id of sets[index.readUInt16LE(at + 2)] ?? []) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

/** Greatest effective time of an entry's records, from the index alone; the floor where there is none to be read. */
export function lastTimeMs({
  format,
  index,
  floorTimeMs,
}: Pick<StoredEntry, 'format' | 'index' | 'floorTimeMs'>): number {
  if (!hasIndex(format) || index.length < HEADER_BYTES) return floorTimeMs
  let latestMs = floorTimeMs
  for (let at = recordsAt(index); at + RECORD_BYTES <= index.length; at += RECORD_BYTES) {
    latestMs = Math.max(latestMs, index.readDoubleLE(at + 4))
  }
  return latestMs
}

/** Effective time of an entry's first record, from the index alone; the floor where there is none to be read. */
export function firstTimeMs({
  format,
  index,
  floorTimeMs,
}: Pick<StoredEntry, 'format' | 'index' | 'floorTimeMs'>): number {
  if (!hasIndex(format) || index.length < HEADER_BYTES) return floorTimeMs
  const at = recordsAt(index)
  return at + RECORD_BYTES > index.length ? floorTimeMs : Math.max(floorTimeMs, index.readDoubleLE(at + 4))
}

function hasIndex(format: number): boolean {
  return format === ENTRY_FORMAT || format === LZ4_FORMAT || format === ZSTD_FORMAT
}

/** Where an index has its records; beyond its end if it is damaged. */
function recordsAt(index: Buffer): number {
  let at = HEADER_BYTES + ID_BYTES * index.readUInt16LE(0)
  for (let sets = index.readUInt16LE(2); sets > 0; sets--) at += 1 + 4 * (index[at] ?? 0)
  return at
}
