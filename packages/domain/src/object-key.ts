import { createHash } from 'node:crypto'
import type { AccountId, DestinationVersionId, MessageId, RoomId } from './id.ts'
import { RECORD_VERSION } from './record.ts'

/** The run of records that an object holds, by its first record. */
export type RunStart = {
  readonly accountId: AccountId
  readonly region: string
  readonly roomId: RoomId
  /** Effective time, ms since the epoch. */
  readonly timeMs: number
  readonly position: number
  readonly destinationVersionId: DestinationVersionId
  readonly id: MessageId
}

/**
 * The S3 key of the object whose first record this is. FROZEN: an object that exists says what was delivered, so a
 * changed key delivers again. Of one room, keys sort as positions do; the hash keeps apart what a restored database or
 * another destination version puts at the same position.
 */
export function objectKey(run: RunStart): string {
  const { accountId, region, roomId, timeMs, position, destinationVersionId, id } = run
  if (!Number.isSafeInteger(position) || position < 0) throw new RangeError(`${position} is no position`)
  const iso = new Date(timeMs).toISOString()
  const [year, month, day, hour, minute] = [0, 5, 8, 11, 14].map((at) => iso.slice(at, at === 0 ? 4 : at + 2))
  const hash = createHash('sha256').update(`${destinationVersionId}/${id}`).digest('hex').slice(0, 16)
  return (
    hourFolder(run) +
    `${accountId}_IVSChatLogs_${RECORD_VERSION}_${region}_room_${roomId}_` +
    `${year}${month}${day}T${hour}${minute}Z_${position.toString(16).padStart(16, '0')}${hash}.log.gz`
  )
}

/** Where a room's objects of one hour lie: before each of their keys. */
export function hourFolder(at: Pick<RunStart, 'accountId' | 'region' | 'roomId' | 'timeMs'>): string {
  const { accountId, region, roomId, timeMs } = at
  const hour = new Date(timeMs).toISOString().slice(0, 13).replace(/[-T]/g, '/')
  return `AWSLogs/${accountId}/IVSChatLogs/${RECORD_VERSION}/${region}/room_${roomId}/${hour}/`
}

/** What a key says of its first record, its minute being all of its time; undefined if it is none of ours. */
export function runStartOf(key: string): Pick<RunStart, 'timeMs' | 'position'> | undefined {
  const [, date, hour, minute, hex = ''] = /_(\d{8})T(\d\d)(\d\d)Z_([0-9a-f]{16})[0-9a-f]{16}\.log\.gz$/.exec(key) ?? []
  if (date === undefined) return undefined
  const timeMs = Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T${hour}:${minute}:00.000Z`)
  const position = Number.parseInt(hex, 16)
  return Number.isSafeInteger(position) && !Number.isNaN(timeMs) ? { timeMs, position } : undefined
}

/** The CloudWatch log stream of a room, in its configuration's log group. */
export function logStreamName(roomId: RoomId): string {
  return `aws/IVSChatLogs/${RECORD_VERSION}/room_${roomId}`
}
