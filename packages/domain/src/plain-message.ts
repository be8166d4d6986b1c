import { isRoomArn } from './arn.ts'
import type { SendMessageInput, SendMessagesInput } from './chat.ts'
import { isIdempotencyKey } from './idempotency-key.ts'
import {
  MESSAGE_ATTRIBUTES_BYTES_MAX,
  MESSAGE_LENGTH_MAX,
  REQUEST_ID_LENGTH_MAX,
  SEND_MESSAGES_MAX,
  USER_ID_LENGTH_MAX,
} from './limits.ts'

/** Of a UTF-16 unit, at most, in UTF-8. */
const UNIT_BYTES_MAX = 3

/**
 * Whether the value is surely what `SendMessageInput` takes, found out in a tenth of its time. False says nothing: the
 * schema decides then, and has the words for what is wrong. Members that a message does not have are not taken off.
 */
export function isPlainMessage(value: unknown): value is SendMessageInput {
  if (!isMap(value)) return false
  const { roomIdentifier, sender, content, attributes, requestId, idempotencyKey } = value
  return (
    isText(content, 1, MESSAGE_LENGTH_MAX) &&
    isMap(sender) &&
    isText(sender['userId'], 1, USER_ID_LENGTH_MAX) &&
    areAttributes(sender['attributes']) &&
    areAttributes(attributes) &&
    (requestId === undefined || isText(requestId, 0, REQUEST_ID_LENGTH_MAX)) &&
    (idempotencyKey === undefined || isIdempotencyKey(idempotencyKey)) &&
    isRoomArn(roomIdentifier)
  )
}

/** As `isPlainMessage`, for `SendMessagesInput`, which looks at no message closely either. */
export function isPlainCall(value: unknown): value is SendMessagesInput {
  if (!isMap(value)) return false
  const { messages } = value
  if (!Array.isArray(messages) || messages.length < 1 || messages.length > SEND_MESSAGES_MAX) return false
  return messages.every(isMap)
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** By UTF-16 units alone: what is at most as long in them as allowed is so in characters too. */
function isText(value: unknown, min: number, max: number): boolean {
  return typeof value === 'string' && value.length >= min && value.length <= max
}

function areAttributes(value: unknown): boolean {
  if (value === undefined) return true
  if (!isMap(value)) return false
  let units = 0
  for (const key of Object.keys(value)) {
    const item = value[key]
    if (typeof item !== 'string') return false
    units += key.length + item.length
  }
  return units * UNIT_BYTES_MAX <= MESSAGE_ATTRIBUTES_BYTES_MAX
}
