import type { RoomId } from '@roomlog/domain'
import { toPosition } from '@roomlog/journal'
import type { Occupant } from '@roomlog/sinks'
import type { Cycle, CycleEnd, Delivery } from '../lane/cycle.ts'
import type { LaneRecord } from '../lane/record.ts'
import type { LaneRecords } from '../lane/selection.ts'

const HOUR_MS = 3_600_000

type RoomEnd = CycleEnd['status']

/**
 * S3: each room's records as a chain of objects, each created only if nothing starts at the same record. What stands
 * there already was delivered by an earlier life or a rival: it is taken as settled, and the chain goes on behind it.
 */
export async function deliverAsObjects(delivery: Delivery, cycle: Cycle): Promise<CycleEnd> {
  const rooms = [...cycle.records.byRoom()]
  const ends = await Promise.all(
    rooms.map(([roomId, records]) => delivery.limited(() => deliverRoom(delivery, cycle, roomId, records))),
  )
  if (ends.includes('stopped')) return { status: 'stopped' }
  if (ends.includes('dropped')) return { status: 'dropped' }
  for (const [roomId, ghost] of delivery.ghosts) {
    if (ghost.until <= cycle.to.position) delivery.ghosts.delete(roomId)
  }
  return { status: 'settled' }
}

async function deliverRoom(delivery: Delivery, cycle: Cycle, roomId: RoomId, all: LaneRecords): Promise<RoomEnd> {
  const unghosted = await withoutGhost(delivery, roomId, all)
  if (unghosted === undefined) return delivery.stopped() ? 'stopped' : 'dropped'
  let records = unghosted
  let recordsMax = records.length
  while (records.length > 0) {
    const run = records.slice(0, Math.min(recordsMax, runLength(records, delivery.settings.objectBytesMax)))
    const outcome = await delivery.write(run)
    switch (outcome.status) {
      case 'delivered':
        records = records.slice(run.length)
        break
      case 'occupied': {
        const rest = await behind(delivery, cycle, roomId, records, outcome.occupant)
        if (rest === undefined) return delivery.stopped() ? 'stopped' : 'dropped'
        records = rest
        break
      }
      case 'unknown':
        // The same object is created again; if the first try did land, it stands in the way and is recognised.
        if (delivery.outOfPatience()) return 'dropped'
        break
      case 'stopped':
        return 'stopped'
      case 'stuck':
        return 'dropped'
      case 'refused':
        // Too large for the store. A smaller object starts at the same record, so the chain stays whole.
        recordsMax = Math.ceil(run.length / 2)
        break
      case 'partial':
      case 'recalled':
        throw new Error(`an S3 write cannot end as ${outcome.status}`)
    }
  }
  return 'settled'
}

/** Of the room's records, those not in the object that stands at the first of them. */
async function behind(
  delivery: Delivery,
  cycle: Cycle,
  roomId: RoomId,
  records: LaneRecords,
  occupant: Occupant,
): Promise<LaneRecords | undefined> {
  const at = [...records].findIndex((record) => record.position === occupant.last.position)
  if (at >= 0 && records.at(at)?.id === occupant.last.id) return records.slice(at + 1)
  // It ends beyond this cycle, or holds another history of the journal (a restored database): its Ids decide,
  // and until the lane is past its end no checkpoint may stand.
  const first = records.at(0)
  if (first === undefined) throw new Error('a run has a first record')
  const head = await delivery.freshHead()
  const until = toPosition(Math.min(occupant.last.position ?? head, head))
  if (until > cycle.to.position) delivery.ghosts.set(roomId, { first: first.detached(), until })
  return missingFrom(delivery, first, records)
}

async function withoutGhost(
  delivery: Delivery,
  roomId: RoomId,
  records: LaneRecords,
): Promise<LaneRecords | undefined> {
  const ghost = delivery.ghosts.get(roomId)
  if (!ghost) return records
  const within = records.filter((record) => record.position <= ghost.until)
  if (within.length === 0) return records
  const missing = await missingFrom(delivery, ghost.first, within)
  return missing && [...missing, ...records.slice(within.length)]
}

async function missingFrom(
  delivery: Delivery,
  first: LaneRecord,
  records: LaneRecords,
): Promise<LaneRecords | undefined> {
  const found = await delivery.recall([first, ...records])
  return found && records.filter((record) => !found.has(record.id))
}

/** How many records from the first on go into one object: one hour, and a bounded size. */
export function runLength(records: LaneRecords, bytesMax: number): number {
  const hour = Math.floor((records.at(0)?.timeMs ?? 0) / HOUR_MS)
  let bytes = 0
  let count = 0
  for (; count < records.length; count++) {
    const record = records.at(count)
    if (record === undefined) break
    bytes += record.byteLength
    if (count > 0 && (bytes > bytesMax || Math.floor(record.timeMs / HOUR_MS) !== hour)) break
  }
  return count
}
