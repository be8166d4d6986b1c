import { z } from 'zod'
import { RoomArn } from './arn.ts'
import type { RoomlogError } from './error.ts'
import { MessageId } from './id.ts'
import {
  EVENT_NAME_LENGTH_MAX,
  MESSAGE_LENGTH_MAX,
  REASON_LENGTH_MAX,
  REQUEST_ID_LENGTH_MAX,
  SEND_MESSAGES_MAX,
  USER_ID_LENGTH_MAX,
} from './limits.ts'
import { EventAttributes, MessageAttributes } from './string-map.ts'
import { text } from './text.ts'

const UserId = text(1, USER_ID_LENGTH_MAX)
const Reason = text(1, REASON_LENGTH_MAX)
const RequestId = text(0, REQUEST_ID_LENGTH_MAX)

/** The room may allow less content than this; that is checked where the room is known. */
export const SendMessageInput = z.object({
  roomIdentifier: RoomArn,
  sender: z.object({ userId: UserId, attributes: MessageAttributes.optional() }),
  content: text(1, MESSAGE_LENGTH_MAX),
  attributes: MessageAttributes.optional(),
  requestId: RequestId.optional(),
})
export type SendMessageInput = z.infer<typeof SendMessageInput>

/** An item of `sendMessages`, typed for callers but not checked yet: a bad one fails by itself, not the call. */
const UncheckedMessage = z
  .custom<z.input<typeof SendMessageInput>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'Must be an object',
  )
  .transform((value): unknown => value)

/** Check each of `messages` with `SendMessageInput`. */
export const SendMessagesInput = z.object({ messages: z.array(UncheckedMessage).min(1).max(SEND_MESSAGES_MAX) })
export type SendMessagesInput = z.infer<typeof SendMessagesInput>

export const SendEventInput = z.object({
  roomIdentifier: RoomArn,
  eventName: text(1, EVENT_NAME_LENGTH_MAX),
  attributes: EventAttributes.optional(),
  requestId: RequestId.optional(),
})
export type SendEventInput = z.infer<typeof SendEventInput>

export const DeleteMessageInput = z.object({
  roomIdentifier: RoomArn,
  id: MessageId,
  reason: Reason.optional(),
})
export type DeleteMessageInput = z.infer<typeof DeleteMessageInput>

export const DisconnectUserInput = z.object({
  roomIdentifier: RoomArn,
  userId: UserId,
  reason: Reason.optional(),
})
export type DisconnectUserInput = z.infer<typeof DisconnectUserInput>

/** `sendTime` is the record's own `SendTime`. */
export type SendMessageOutput = { readonly id: string; readonly sendTime: string }
export type SendEventOutput = { readonly id: string; readonly sendTime: string }
/** In the order of the messages. */
export type SendMessagesOutput = {
  readonly results: readonly (SendMessageOutput | { readonly error: RoomlogError })[]
}
/** Id of the event that says so, not of the message. */
export type DeleteMessageOutput = { readonly id: string }
