import { S3Client } from '@aws-sdk/client-s3'
import type { RoomId } from '@roomlog/domain'
import { toPosition } from '@roomlog/journal'
import { type OccupantEnd, renewCredentials, type SinkRecord } from '@roomlog/sinks'
import { addressByPath, createGzips, createS3Sink } from '@roomlog/sinks/s3'
import type { WriterEnv } from '../env.ts'
import type { Cycle, CycleEnd, Delivery } from '../lane/delivery.ts'
import type { LaneRecords } from '../lane/selection.ts'
import { CALLS_MAX, clientConfig, deliverySettings, type Kind, MIB, WAITS } from './kind.ts'

const HOUR_MS = 3_600_000

export const s3: Kind = {
  policy: (env) => ({
    flushAfterMs: env.ROOMLOG_S3_FLUSH_SECONDS * 1_000,
    cycleBytesMax: 64 * MIB,
    cycleRecordsMax: 200_000,
    intents: false,
    patience: 6,
    // One write may put, prove and look: three requests.
    attemptTimeoutMs: 3 * putTimeoutMsOf(env),
    waits: WAITS,
    delivery: deliverySettings(env),
    deliver: deliverAsObjects,
  }),
  sinks(env) {
    const gzip = createGzips({ level: env.ROOMLOG_S3_GZIP_LEVEL, keptMax: CALLS_MAX })
    const { ROOMLOG_S3_CHECKSUM: checksum, ROOMLOG_S3_ACL: acl } = env
    return (destination) => {
      const client = s3Client(env)
      return { sink: createS3Sink({ client, destination, gzip, checksum, acl }), destroy: () => client.destroy() }
    }
  },
}

export function s3Client(env: WriterEnv): S3Client {
  return addressByPath(renewCredentials(new S3Client(clientConfig(env, putTimeoutMsOf(env)))))
}

function putTimeoutMsOf(env: WriterEnv): number {
  return env.ROOMLOG_S3_REQUEST_TIMEOUT_SECONDS * 1_000
}

type RoomEnd = CycleEnd['status']

/**
 * S3: each room's records as a chain of objects, each created only if nothing starts at the same record. What stands
 * there already was delivered by an earlier life or a rival: it is taken as settled, and the chain goes on behind it.
 */
export async function deliverAsObjects(delivery: Delivery, cycle: Cycle): Promise<CycleEnd> {
  // Here, where no other lane waits for its turn meanwhile.
  if (delivery.tombstones.size > 0 && !(await delivery.landed())) return { status: 'stopped' }
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
    const behindThem = await behindTombstones(delivery, cycle, roomId, records)
    if (behindThem === undefined) return delivery.stopped() ? 'stopped' : 'dropped'
    if (behindThem.length < records.length) {
      records = behindThem
      continue
    }
    const run = records.slice(0, Math.min(recordsMax, runLength(records, delivery.settings.objectBytesMax)))
    const outcome = await delivery.write(run)
    switch (outcome.status) {
      case 'delivered':
        records = records.slice(run.length)
        break
      case 'occupied': {
        const first = records.at(0)?.detached()
        if (first === undefined) throw new Error('a run has a first record')
        const rest = await behind(delivery, cycle, records, { first, last: outcome.occupant.last })
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

/**
 * Of the room's records, those not in objects that begin inside a tombstone before the first of them: nobody knows the keys
 * of those any more, so they are listed. Once for a room: what is written from then on is written here.
 */
async function behindTombstones(
  delivery: Delivery,
  cycle: Cycle,
  roomId: RoomId,
  all: LaneRecords,
): Promise<LaneRecords | undefined> {
  let records = all
  for (const tombstone of delivery.tombstones.values()) {
    const first = records.at(0)
    if (first === undefined) break
    const mayBeReached = first.position > tombstone.last && first.position <= tombstone.until
    if (!mayBeReached || tombstone.looked.has(roomId)) continue
    const runs = await delivery.runsIn(tombstone, roomId, first.timeMs)
    if (runs === undefined) return undefined
    for (const run of runs) {
      const isInside = run.last.position !== undefined && run.last.position <= tombstone.last
      const rest = isInside ? records : await behind(delivery, cycle, records, run)
      if (rest === undefined) return undefined
      records = rest
    }
    tombstone.looked.add(roomId)
  }
  return records
}

/** Of the room's records, those not in an object that begins at the first of them or before. */
async function behind(
  delivery: Delivery,
  cycle: Cycle,
  records: LaneRecords,
  { first, last }: { readonly first: SinkRecord; readonly last: OccupantEnd },
): Promise<LaneRecords | undefined> {
  const at = [...records].findIndex((record) => record.position === last.position)
  if (at >= 0 && records.at(at)?.id === last.id) return records.slice(at + 1)
  // It ends beyond this cycle, or holds another history of the journal (a restored database): its Ids decide,
  // and until the lane is past its end no checkpoint may stand.
  const head = await delivery.freshHead()
  const until = toPosition(Math.min(last.position ?? head, head))
  if (until > cycle.to.position) delivery.ghosts.set(first.roomId, { first, until })
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
  first: SinkRecord,
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
