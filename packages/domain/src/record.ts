import { isMessageId, type MessageId } from './id.ts'
import { putAscii, putBytes, putMap, putPart, putString, wellFormed, wellFormedMap } from './json-bytes.ts'
import type { MessagePlaces } from './message-places.ts'
import { type RecordTime, recordTime } from './send-time.ts'

/** Version of the record format: in every record, S3 key and log stream name. */
export const RECORD_VERSION = '1.0'

type Attributes = Readonly<Record<string, string>>

type MessageFields = {
  readonly requestId?: string | undefined
  readonly attributes?: Attributes | undefined
  readonly content: string
  readonly sender: { readonly userId: string; readonly attributes?: Attributes | undefined }
}

export type MessageToRecord = MessageFields & { readonly id: MessageId; readonly sendTimeNs: bigint }

export type EventToRecord = {
  readonly id: MessageId
  readonly requestId?: string | undefined
  readonly eventName: string
  readonly attributes?: Attributes | undefined
  readonly sendTimeNs: bigint
}

/** The log record of a message: its final JSON line as UTF-8, with the `\n`. */
export function messageRecord(message: MessageToRecord): Uint8Array {
  const time = recordTime(message.sendTimeNs)
  for (let bytes = 1_024; ; bytes *= 4) {
    const record = Buffer.allocUnsafe(bytes)
    const end = writeMessage(record, 0, message, message.id, time)
    // A copy, as long as the record: who keeps it must not keep the rest.
    if (end <= bytes) return Buffer.from(record.subarray(0, end))
  }
}

/**
 * Writes what `messageRecord` makes into a buffer from `at` on, and answers where it has ended: beyond the buffer's end
 * if it did not fit. By hand, because the order of the keys is part of the format and because every message of every
 * room passes here.
 */
export function writeMessage(
  into: Uint8Array,
  at: number,
  message: MessageFields,
  id: MessageId,
  time: RecordTime,
): number {
  const { requestId, attributes, content, sender } = message
  let end = putBytes(into, at, PIECES.timestamp)
  end = putAscii(into, end, time.eventTimestamp)
  end = putBytes(into, end, PIECES.id)
  end = putAscii(into, end, id)
  end = putBytes(into, end, PIECES.requestId)
  end = putString(into, end, requestId ?? '')
  end = putBytes(into, end, PIECES.attributes)
  end = attributes ? putMap(into, end, attributes) : putAscii(into, end, 'null')
  end = putBytes(into, end, PIECES.content)
  end = putString(into, end, content)
  end = putBytes(into, end, PIECES.sendTime)
  end = putAscii(into, end, time.sendTime)
  end = putBytes(into, end, PIECES.sender)
  end = putString(into, end, sender.userId)
  end = putBytes(into, end, PIECES.attributes)
  end = putMap(into, end, sender.attributes ?? {})
  return putBytes(into, end, PIECES.end)
}

/** As `writeMessage`, of a message whose parts stand in the body of a request as the record has them. */
export function copyMessage(
  into: Uint8Array,
  at: number,
  places: MessagePlaces,
  id: MessageId,
  time: RecordTime,
): number {
  const { body } = places
  let end = putBytes(into, at, PIECES.timestamp)
  end = putAscii(into, end, time.eventTimestamp)
  end = putBytes(into, end, PIECES.id)
  end = putAscii(into, end, id)
  end = putBytes(into, end, PIECES.requestId)
  end =
    places.requestIdAt > 0
      ? putPart(into, end, body, places.requestIdAt, places.requestIdEnd)
      : putAscii(into, end, '""')
  end = putBytes(into, end, PIECES.attributes)
  end =
    places.attributesAt > 0
      ? putPart(into, end, body, places.attributesAt, places.attributesEnd)
      : putAscii(into, end, 'null')
  end = putBytes(into, end, PIECES.content)
  end = putPart(into, end, body, places.contentAt, places.contentEnd)
  end = putBytes(into, end, PIECES.sendTime)
  end = putAscii(into, end, time.sendTime)
  end = putBytes(into, end, PIECES.sender)
  end = putPart(into, end, body, places.userIdAt, places.userIdEnd)
  end = putBytes(into, end, PIECES.attributes)
  end =
    places.senderAttributesAt > 0
      ? putPart(into, end, body, places.senderAttributesAt, places.senderAttributesEnd)
      : putAscii(into, end, '{}')
  return putBytes(into, end, PIECES.end)
}

/** The log record of an event, as `messageRecord`; its attributes are in alphabetical order, as IVS writes them. */
export function eventRecord({ id, requestId, eventName, attributes, sendTimeNs }: EventToRecord): Uint8Array {
  const { eventTimestamp, sendTime } = recordTime(sendTimeNs)
  return Buffer.from(
    `{"event_timestamp":"${eventTimestamp}${EVENT_UP_TO_ID}${id}","RequestId":${JSON.stringify(wellFormed(requestId ?? ''))}` +
      `,"EventName":${JSON.stringify(wellFormed(eventName))},"Attributes":${attributes ? sorted(attributes) : 'null'}` +
      `,"SendTime":"${sendTime}"},"version":"${RECORD_VERSION}"}\n`,
  )
}

/** A record's `payload.Id`, found where the format puts it, without parsing. Undefined if the bytes are no record. */
export function recordId(bytes: Uint8Array): MessageId | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, ID_END_MAX)).toString('latin1')
  if (!start.startsWith('{"event_timestamp":"')) return undefined
  for (const upToId of [MESSAGE_UP_TO_ID, EVENT_UP_TO_ID]) {
    if (!start.startsWith(upToId, TIMESTAMP_END)) continue
    const from = TIMESTAMP_END + upToId.length
    const id = start.slice(from, from + 12)
    return start[from + 12] === '"' && isMessageId(id) ? id : undefined
  }
  return undefined
}

/** Attributes of the event `aws:DELETE_MESSAGE`: readers in the wild use either spelling of the id. */
export function deleteMessageAttributes({ id, reason }: { id: string; reason?: string | undefined }): Attributes {
  return { MessageID: id, MessageId: id, ...(reason === undefined ? {} : { Reason: reason }) }
}

/** Attributes of the event `aws:DISCONNECT_USER`. */
export function disconnectUserAttributes({
  userId,
  reason,
}: {
  userId: string
  reason?: string | undefined
}): Attributes {
  return { ...(reason === undefined ? {} : { Reason: reason }), UserId: userId }
}

const UP_TO_TIMESTAMP = '{"event_timestamp":"'
const MESSAGE_UP_TO_ID = '","type":"MESSAGE","payload":{"Type":"MESSAGE","Id":"'
const MESSAGE_END = `}},"version":"${RECORD_VERSION}"}\n`
const PIECES = {
  timestamp: Buffer.from(UP_TO_TIMESTAMP),
  id: Buffer.from(MESSAGE_UP_TO_ID),
  requestId: Buffer.from('","RequestId":'),
  attributes: Buffer.from(',"Attributes":'),
  content: Buffer.from(',"Content":'),
  sendTime: Buffer.from(',"SendTime":"'),
  sender: Buffer.from('","Sender":{"UserId":'),
  end: Buffer.from(MESSAGE_END),
}
const EVENT_UP_TO_ID = '","type":"EVENT","payload":{"Type":"EVENT","Id":"'
const TIMESTAMP_END = '{"event_timestamp":"2026-01-02T03:04:05.678Z'.length
const ID_END_MAX = TIMESTAMP_END + MESSAGE_UP_TO_ID.length + 13

function sorted(attributes: Attributes): string {
  const entries = Object.entries(wellFormedMap(attributes)).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`
}
