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
  return Buffer.from(messageLine(message, message.id, recordTime(message.sendTimeNs)))
}

/**
 * The text of `messageRecord`. Built by hand, because the order of the keys is part of the format and because every
 * message of every room passes here.
 */
export function messageLine(message: MessageFields, id: MessageId, time: RecordTime): string {
  const { requestId, attributes, content, sender } = message
  const { eventTimestamp, sendTime } = time
  return (
    `{"event_timestamp":"${eventTimestamp}${MESSAGE_UP_TO_ID}${id}","RequestId":${quoted(requestId ?? '')}` +
    `,"Attributes":${attributes ? mapped(attributes) : 'null'},"Content":${quoted(content)}` +
    `,"SendTime":"${sendTime}","Sender":{"UserId":${quoted(sender.userId)}` +
    `,"Attributes":${sender.attributes ? mapped(sender.attributes) : '{}'}}},"version":"${RECORD_VERSION}"}\n`
  )
}

/** The log record of an event, as `messageRecord`; its attributes are in alphabetical order, as IVS writes them. */
export function eventRecord({ id, requestId, eventName, attributes, sendTimeNs }: EventToRecord): Uint8Array {
  const { eventTimestamp, sendTime } = recordTime(sendTimeNs)
  return Buffer.from(
    `{"event_timestamp":"${eventTimestamp}${EVENT_UP_TO_ID}${id}","RequestId":${quoted(requestId ?? '')}` +
      `,"EventName":${quoted(eventName)},"Attributes":${attributes ? sorted(attributes) : 'null'}` +
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

const MESSAGE_UP_TO_ID = '","type":"MESSAGE","payload":{"Type":"MESSAGE","Id":"'
const EVENT_UP_TO_ID = '","type":"EVENT","payload":{"Type":"EVENT","Id":"'
const TIMESTAMP_END = '{"event_timestamp":"2026-01-02T03:04:05.678Z'.length
const ID_END_MAX = TIMESTAMP_END + MESSAGE_UP_TO_ID.length + 13

const LONE_SURROGATE = /\p{Surrogate}/u
/** All that JSON escapes, and surrogates, which it does where half a pair is missing. */
const PERHAPS_ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/

// Most text needs no escape, and finding that out costs a third of a call of JSON.stringify.
function quoted(value: string): string {
  return PERHAPS_ESCAPED.test(value) ? JSON.stringify(wellFormed(value)) : `"${value}"`
}

function mapped(attributes: Attributes): string {
  let json = '{'
  for (const key of Object.keys(attributes)) {
    const value = attributes[key] ?? ''
    // Keys that become the same must not stand in the record twice.
    if (LONE_SURROGATE.test(key)) return JSON.stringify(wellFormedMap(attributes))
    json += `${json.length === 1 ? '' : ','}${quoted(key)}:${quoted(value)}`
  }
  return `${json}}`
}

function sorted(attributes: Attributes): string {
  const entries = Object.entries(wellFormedMap(attributes)).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`
}

/** Half a surrogate pair is no character: it becomes U+FFFD, as in Go, since strict readers refuse its JSON escape. */
function wellFormed(value: string): string {
  return LONE_SURROGATE.test(value) ? value.replaceAll(/\p{Surrogate}/gu, '\ufffd') : value
}

/** A map, because keys that become the same must not stand in the record twice. */
function wellFormedMap(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [wellFormed(key), wellFormed(value)]))
}
