import { keepsOrder } from '../order.ts'
import type { Book, Entry } from './book.ts'

/** A record as it was found: the number that it carries, its Id, and the room it lies under, if the destination has rooms. */
export type Found = {
  readonly number: number
  readonly id: string
  readonly roomId: string | undefined
  readonly visibleAtMs: number
}

export type Verdict = {
  /** Acknowledged and there. */
  readonly found: number
  readonly missing: number
  /** Times that a record is there beyond its first. */
  readonly repeats: number
  /** Never asked for, refused, or under another Id or room than it was acknowledged with. */
  readonly strangers: number
  /** Rooms whose records, each by its first appearance, stand in no order that the acknowledgements allow. */
  readonly roomsOutOfOrder: number
  /** Of the calls whose answer was lost, the records that are there. */
  readonly unanswered: ReadonlySet<number>
  /** A few of what is wrong, for whoever looks into it. */
  readonly examples: readonly string[]
}

const EXAMPLES_MAX = 5

/** Holds what a destination has against what it must have. */
export function judge(book: Book, records: Iterable<Found>): Verdict {
  const seen = new Set<number>()
  const rooms = new Map<string, number[]>()
  const unanswered = new Set<number>()
  const examples: string[] = []
  const example = (text: string): void => {
    if (examples.length < EXAMPLES_MAX) examples.push(text)
  }
  let found = 0
  let repeats = 0
  let strangers = 0
  for (const record of records) {
    const entry = book.entries[record.number]
    if (entry === undefined || isStrange(entry, record)) {
      strangers += 1
      example(`record ${record.number} (${record.id}) is not as it was asked for: ${JSON.stringify(entry)}`)
      continue
    }
    if (seen.has(record.number)) {
      repeats += 1
      continue
    }
    seen.add(record.number)
    if (entry.fate === 'acknowledged') found += 1
    else unanswered.add(record.number)
    const room = rooms.get(entry.roomId)
    if (room === undefined) rooms.set(entry.roomId, [record.number])
    else room.push(record.number)
  }
  let missing = 0
  for (const [number, entry] of book.entries.entries()) {
    if (entry.fate !== 'acknowledged' || seen.has(number)) continue
    missing += 1
    example(`record ${number} (${entry.id}) of room ${entry.roomId} is missing`)
  }
  let roomsOutOfOrder = 0
  for (const [roomId, numbers] of rooms) {
    if (isInOrder(book, numbers)) continue
    roomsOutOfOrder += 1
    example(`room ${roomId} is out of order`)
  }
  return { found, missing, repeats, strangers, roomsOutOfOrder, unanswered, examples }
}

function isStrange(entry: Entry, { id, roomId }: Found): boolean {
  if (entry.fate === 'refused') return true
  return (entry.id !== undefined && entry.id !== id) || (roomId !== undefined && entry.roomId !== roomId)
}

/** Between calls as the acknowledgements allow, and within a call as it asked. */
function isInOrder(book: Book, numbers: readonly number[]): boolean {
  const entries = numbers.flatMap((number) => book.entries[number] ?? [])
  const lastOfCall = new Map<number, number>()
  for (const [index, { sentAt }] of entries.entries()) {
    const number = numbers[index] ?? 0
    if (number < (lastOfCall.get(sentAt) ?? 0)) return false
    lastOfCall.set(sentAt, number)
  }
  return keepsOrder(entries)
}
