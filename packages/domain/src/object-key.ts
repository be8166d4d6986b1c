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
    `AWSLogs/${accountId}/IVSChatLogs/${RECORD_VERSION}/${region}/room_${roomId}/${year}/${month}/${day}/${hour}/` +
    `${accountId}_IVSChatLogs_${RECORD_VERSION}_${region}_room_${roomId}_` +
    `${year}${month}${day}T${hour}${minute}Z_${position.toString(16).padStart(16, '0')}${hash}.log.gz`
  )
}

/** The CloudWatch log stream of a room, in its configuration's log group. */
export function logStreamName(roomId: RoomId): string {
  return `aws/IVSChatLogs/${RECORD_VERSION}/room_${roomId}`
}
