import { isMessageId, type MessageId } from './id.ts'
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
  return messageRecordAt(message, message.id, recordTime(message.sendTimeNs))
}

/** As `messageRecord`, of a time that is formatted already. The order of the keys is part of the format. */
export function messageRecordAt(message: MessageFields, id: MessageId, time: RecordTime): Uint8Array {
  const { requestId, attributes, content, sender } = message
  return Buffer.from(
    `${UP_TO_TIMESTAMP}${time.eventTimestamp}${MESSAGE_UP_TO_ID}${id}","RequestId":${jsonText(requestId ?? '')}` +
      `,"Attributes":${attributes ? jsonMap(attributes) : 'null'},"Content":${jsonText(content)}` +
      `,"SendTime":"${time.sendTime}","Sender":{"UserId":${jsonText(sender.userId)}` +
      `,"Attributes":${jsonMap(sender.attributes ?? {})}}},"version":"${RECORD_VERSION}"}\n`,
  )
}

/** The log record of an event, as `messageRecord`; its attributes are in alphabetical order, as IVS writes them. */
export function eventRecord({ id, requestId, eventName, attributes, sendTimeNs }: EventToRecord): Uint8Array {
  const { eventTimestamp, sendTime } = recordTime(sendTimeNs)
  return Buffer.from(
    `${UP_TO_TIMESTAMP}${eventTimestamp}${EVENT_UP_TO_ID}${id}","RequestId":${jsonText(requestId ?? '')}` +
      `,"EventName":${jsonText(eventName)},"Attributes":${attributes ? jsonMap(attributes, { sorted: true }) : 'null'}` +
      `,"SendTime":"${sendTime}"},"version":"${RECORD_VERSION}"}\n`,
  )
}

/** A record's `payload.Id`, found where the format puts it, without parsing. Undefined if the bytes are no record. */
export function recordId(bytes: Uint8Array): MessageId | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, ID_END_MAX)).toString('latin1')
  if (!start.startsWith(UP_TO_TIMESTAMP)) return undefined
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
const EVENT_UP_TO_ID = '","type":"EVENT","payload":{"Type":"EVENT","Id":"'
const TIMESTAMP_END = `${UP_TO_TIMESTAMP}2026-01-02T03:04:05.678Z`.length
const ID_END_MAX = TIMESTAMP_END + MESSAGE_UP_TO_ID.length + 13

/** Half a surrogate pair is no character: it becomes U+FFFD, as in Go, since strict readers refuse its escape. */
function jsonText(value: string): string {
  return JSON.stringify(value.toWellFormed())
}

function jsonMap(map: Attributes, { sorted = false } = {}): string {
  const entries = Object.entries(map)
  if (!sorted && entries.every(([key, value]) => key.isWellFormed() && value.isWellFormed())) return JSON.stringify(map)
  // Keys that become the same must not stand in the object twice.
  const whole = Object.entries(
    Object.fromEntries(entries.map(([key, value]) => [key.toWellFormed(), value.toWellFormed()])),
  )
  if (sorted) whole.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${whole.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`
}
