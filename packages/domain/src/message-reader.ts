import { isUtf8 } from 'node:buffer'
import { isRoomArn, type RoomArn } from './arn.ts'
import { JsonReader } from './json-reader.ts'
import {
  ARN_LENGTH_MAX,
  MESSAGE_ATTRIBUTES_BYTES_MAX,
  MESSAGE_LENGTH_MAX,
  REQUEST_ID_LENGTH_MAX,
  SEND_MESSAGES_MAX,
  USER_ID_LENGTH_MAX,
} from './limits.ts'
import { MessagePlaces } from './message-places.ts'
import { WrittenMessage } from './message-to-send.ts'

export type MessageReader = {
  /** The message that is the whole of a body. */
  readMessage(body: Uint8Array): WrittenMessage | undefined
  /** The messages of a body that is a call of `sendMessages`. */
  readCall(body: Uint8Array): readonly WrittenMessage[] | undefined
}

const OPEN = 0x7b
const CLOSE = 0x7d
const MESSAGES = Buffer.from('messages')
const ROOM_IDENTIFIER = Buffer.from('roomIdentifier')
const CONTENT = Buffer.from('content')
const SENDER = Buffer.from('sender')
const USER_ID = Buffer.from('userId')
const ATTRIBUTES = Buffer.from('attributes')
const REQUEST_ID = Buffer.from('requestId')

/**
 * Reads messages as they stand in a body. That, and copying them into records, takes less than half the time of making values
 * of them and writing those. Undefined says no more than that something is wrong or unusual: make values then, and ask the
 * schema.
 */
export function createMessageReader(): MessageReader {
  const findArn = createArnFinder()
  return {
    readMessage(body) {
      if (!isUtf8(body)) return undefined
      const reader = new JsonReader(body)
      const message = messageAt(reader, findArn)
      return reader.end() ? message : undefined
    },
    readCall(body) {
      if (!isUtf8(body)) return undefined
      const reader = new JsonReader(body)
      const isCall = reader.take(OPEN) && reader.name() && reader.nameLength === MESSAGES.length
      if (!isCall || !reader.isName(MESSAGES) || !reader.take(0x5b)) return undefined
      const messages: WrittenMessage[] = []
      do {
        const message = messageAt(reader, findArn)
        if (message === undefined || messages.push(message) > SEND_MESSAGES_MAX) return undefined
      } while (reader.next())
      return reader.take(0x5d) && reader.take(CLOSE) && reader.end() ? messages : undefined
    },
  }
}

type FindArn = (bytes: Uint8Array, from: number, end: number) => RoomArn | undefined

function messageAt(reader: JsonReader, findArn: FindArn): WrittenMessage | undefined {
  if (!reader.take(OPEN)) return undefined
  const places = new MessagePlaces(reader.bytes)
  let roomIdentifier: RoomArn | undefined
  let contentLength = 0
  do {
    if (!reader.name()) return undefined
    // The names' lengths are all different.
    if (reader.nameLength === ROOM_IDENTIFIER.length) {
      if (roomIdentifier !== undefined || !reader.isName(ROOM_IDENTIFIER) || !reader.text()) return undefined
      roomIdentifier = findArn(reader.bytes, reader.from + 1, reader.at - 1)
      if (roomIdentifier === undefined) return undefined
    } else if (reader.nameLength === CONTENT.length) {
      if (places.contentAt > 0 || !reader.isName(CONTENT) || !isText(reader, 1, MESSAGE_LENGTH_MAX)) return undefined
      contentLength = reader.points
      places.contentAt = reader.from
      places.contentEnd = reader.at
    } else if (!readMember(reader, places)) return undefined
  } while (reader.next())
  if (!reader.take(CLOSE) || roomIdentifier === undefined || places.contentAt === 0 || places.userIdAt === 0) {
    return undefined
  }
  return new WrittenMessage(roomIdentifier, contentLength, places)
}

function readMember(reader: JsonReader, places: MessagePlaces): boolean {
  switch (reader.nameLength) {
    case SENDER.length:
      return places.userIdAt === 0 && reader.isName(SENDER) && readSender(reader, places)
    case ATTRIBUTES.length:
      if (places.attributesAt > 0 || !reader.isName(ATTRIBUTES) || !areAttributes(reader)) return false
      places.attributesAt = reader.from
      places.attributesEnd = reader.at
      return true
    case REQUEST_ID.length:
      if (places.requestIdAt > 0 || !reader.isName(REQUEST_ID) || !isText(reader, 0, REQUEST_ID_LENGTH_MAX))
        return false
      places.requestIdAt = reader.from
      places.requestIdEnd = reader.at
      return true
    default:
      return false
  }
}

function readSender(reader: JsonReader, places: MessagePlaces): boolean {
  if (!reader.take(OPEN)) return false
  do {
    if (!reader.name()) return false
    if (reader.nameLength === USER_ID.length) {
      if (places.userIdAt > 0 || !reader.isName(USER_ID) || !isText(reader, 1, USER_ID_LENGTH_MAX)) return false
      places.userIdAt = reader.from
      places.userIdEnd = reader.at
    } else {
      if (places.senderAttributesAt > 0 || reader.nameLength !== ATTRIBUTES.length) return false
      if (!reader.isName(ATTRIBUTES) || !areAttributes(reader)) return false
      places.senderAttributesAt = reader.from
      places.senderAttributesEnd = reader.at
    }
  } while (reader.next())
  return places.userIdAt > 0 && reader.take(CLOSE)
}

function isText(reader: JsonReader, min: number, max: number): boolean {
  return reader.text() && reader.points >= min && reader.points <= max
}

/** By all of their bytes, which are more than those of their keys and values. */
function areAttributes(reader: JsonReader): boolean {
  return reader.map() && reader.at - reader.from <= MESSAGE_ATTRIBUTES_BYTES_MAX
}

const ARNS_KEPT = 4_096

/** Finds a room's ARN, mostly among those that it has met: one string for all messages of a room. */
function createArnFinder(): FindArn {
  const kept = new Array<{ readonly bytes: Buffer; readonly arn: RoomArn } | undefined>(ARNS_KEPT).fill(undefined)
  return (bytes, from, end) => {
    if (end - from > ARN_LENGTH_MAX) return undefined
    let hash = 0x811c9dc5
    for (let i = Math.max(from, end - 12); i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
    const place = (hash >>> 0) % ARNS_KEPT
    const known = kept[place]
    if (known !== undefined && areSame(known.bytes, bytes, from, end)) return known.arn
    const own = Buffer.from(bytes.subarray(from, end))
    const arn = own.toString('latin1')
    if (!isRoomArn(arn)) return undefined
    kept[place] = { bytes: own, arn }
    return arn
  }
}

function areSame(a: Uint8Array, b: Uint8Array, from: number, end: number): boolean {
  if (a.length !== end - from) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[from + i]) return false
  return true
}
