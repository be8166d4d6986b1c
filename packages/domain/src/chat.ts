import { z } from 'zod'
import { RoomArn } from './arn.ts'
import type { RoomlogError } from './error.ts'
import { MessageId } from './id.ts'
import { IdempotencyKey } from './idempotency-key.ts'
import {
  EVENT_NAME_LENGTH_MAX,
  MESSAGE_LENGTH_MAX,
  REASON_LENGTH_MAX,
  REQUEST_ID_LENGTH_MAX,
  SEND_MESSAGES_MAX,
  USER_ID_LENGTH_MAX,
} from './limits.ts'
import { Nothing } from './nothing.ts'
import { operation } from './operation.ts'
import { QUOTAS } from './quotas.ts'
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
  idempotencyKey: IdempotencyKey.optional(),
})
export type SendMessageInput = z.infer<typeof SendMessageInput>

/** An item of `sendMessages`, typed for callers but not checked yet: a bad one fails by itself, not the call. */
const UncheckedMessage = z
  .custom<z.input<typeof SendMessageInput>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'Must be an object',
  )
  .meta({ description: 'as the input of `chat.sendMessage`' })
  .transform((value): unknown => value)

/** Check each of `messages` with `SendMessageInput`. */
export const SendMessagesInput = z.object({ messages: z.array(UncheckedMessage).min(1).max(SEND_MESSAGES_MAX) })
export type SendMessagesInput = z.infer<typeof SendMessagesInput>

export const SendEventInput = z.object({
  roomIdentifier: RoomArn,
  eventName: text(1, EVENT_NAME_LENGTH_MAX),
  attributes: EventAttributes.optional(),
  requestId: RequestId.optional(),
  idempotencyKey: IdempotencyKey.optional(),
})
export type SendEventInput = z.infer<typeof SendEventInput>

export const DeleteMessageInput = z.object({
  roomIdentifier: RoomArn,
  id: MessageId,
  reason: Reason.optional(),
  idempotencyKey: IdempotencyKey.optional(),
})
export type DeleteMessageInput = z.infer<typeof DeleteMessageInput>

export const DisconnectUserInput = z.object({
  roomIdentifier: RoomArn,
  userId: UserId,
  reason: Reason.optional(),
  idempotencyKey: IdempotencyKey.optional(),
})
export type DisconnectUserInput = z.infer<typeof DisconnectUserInput>

/** `sendTime` is the record's own `SendTime`. */
export const SendMessageOutput = z.object({ id: z.string(), sendTime: z.string() }).readonly()
export type SendMessageOutput = z.infer<typeof SendMessageOutput>

export const SendEventOutput = z.object({ id: z.string(), sendTime: z.string() }).readonly()
export type SendEventOutput = z.infer<typeof SendEventOutput>

const Refused = z.custom<RoomlogError>().meta({ description: 'why this message is not recorded' })

/** In the order of the messages. */
export const SendMessagesOutput = z
  .object({ results: z.array(z.union([SendMessageOutput, z.object({ error: Refused }).readonly()])).readonly() })
  .readonly()
export type SendMessagesOutput = z.infer<typeof SendMessagesOutput>

/** Id of the event that says so, not of the message. */
export const DeleteMessageOutput = z.object({ id: z.string() }).readonly()
export type DeleteMessageOutput = z.infer<typeof DeleteMessageOutput>

const ROOM = 'arn:aws:ivschat:us-east-1:123456789012:room/AbCdEf123456'
const MESSAGE = { roomIdentifier: ROOM, sender: { userId: 'ann' }, content: 'Hello' }
const RECORDED = { id: 'MnOpQr345678', sendTime: '2026-12-01T10:00:00.123456789Z' }

/** One message of any call takes one out of it, together with its room's own rate. */
const messageRate = { name: 'SEND_MESSAGE', perSecond: QUOTAS.sendMessagesPerSecond, counts: 'messages' } as const

export const chatOperations = {
  'chat.sendMessage': operation({
    kind: 'mutation',
    scopes: ['chat'],
    rate: messageRate,
    input: SendMessageInput,
    output: SendMessageOutput,
    errors: ['ResourceNotFoundException', 'ConflictException'],
    description:
      'Records a message. Once this is answered, it is durable. With an `idempotencyKey` it may be asked for again: within 24 hours the same key in the same room is answered with the first `id` and `sendTime`, and nothing more is recorded; with anything else in the call it is a ConflictException.',
    example: { input: MESSAGE, output: RECORDED },
  }),
  'chat.sendMessages': operation({
    kind: 'mutation',
    scopes: ['chat'],
    rate: messageRate,
    input: SendMessagesInput,
    output: SendMessagesOutput,
    errors: [],
    description:
      'Records up to 1,000 messages, of any rooms. Each has an answer of its own, in order. Once the rate of a room has refused one, the rest of that room in the call is refused with it. Each may have an `idempotencyKey`, as in `chat.sendMessage`.',
    example: { input: { messages: [MESSAGE] }, output: { results: [RECORDED] } },
  }),
  'chat.sendEvent': operation({
    kind: 'mutation',
    scopes: ['chat'],
    rate: { name: 'SEND_EVENT', perSecond: QUOTAS.sendEventsPerSecond, counts: 'calls' },
    input: SendEventInput,
    output: SendEventOutput,
    errors: ['ResourceNotFoundException', 'ConflictException'],
    ivsName: 'SendEvent',
    description: "Records an event of the application's own making. `idempotencyKey` is as in `chat.sendMessage`.",
    example: { input: { roomIdentifier: ROOM, eventName: 'app:POLL_OPENED' }, output: RECORDED },
  }),
  'chat.deleteMessage': operation({
    kind: 'mutation',
    scopes: ['chat', 'moderate'],
    rate: { name: 'DELETE_MESSAGE', perSecond: QUOTAS.deleteMessagesPerSecond, counts: 'calls' },
    input: DeleteMessageInput,
    output: DeleteMessageOutput,
    errors: ['ResourceNotFoundException', 'ConflictException'],
    ivsName: 'DeleteMessage',
    description:
      'Records the event `aws:DELETE_MESSAGE`, by which viewers take a message away. Whether there ever was one is not checked. The answer has the Id of the event. `idempotencyKey` is as in `chat.sendMessage`.',
    example: { input: { roomIdentifier: ROOM, id: RECORDED.id, reason: 'spam' }, output: { id: 'StUvWx901234' } },
  }),
  'chat.disconnectUser': operation({
    kind: 'mutation',
    scopes: ['chat', 'moderate'],
    rate: { name: 'DISCONNECT_USER', perSecond: QUOTAS.disconnectUsersPerSecond, counts: 'calls' },
    input: DisconnectUserInput,
    output: Nothing,
    errors: ['ResourceNotFoundException', 'ConflictException'],
    ivsName: 'DisconnectUser',
    description:
      'Records the event `aws:DISCONNECT_USER`, by which a user is put out of a room. `idempotencyKey` is as in `chat.sendMessage`.',
    example: { input: { roomIdentifier: ROOM, userId: 'ann', reason: 'spam' }, output: {} },
  }),
}
