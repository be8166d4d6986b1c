import {
  fail,
  formatSendTime,
  ok,
  type Result,
  type RoomArn,
  type RoomId,
  type RoomlogError,
  SendMessageInput,
  type SendMessageOutput,
  type SendMessagesInput,
  type SendMessagesOutput,
  validationError,
} from '@roomlog/domain'
import type { Context } from '../../context.ts'
import type { RoomEntry } from '../../rooms/room-cache.ts'
import { roomIdOf } from '../resource.ts'
import { acceptMessage } from './accept-message.ts'
import { ownRoom } from './find-room.ts'
import { recordIt } from './record.ts'

/**
 * Each message has a result of its own, in order. Once a room's rate has refused one, the rest of that room in the call
 * is refused with it: what is recorded of a room is a beginning of what was sent, without holes made by the rate.
 */
export async function sendMessages(ctx: Context, input: SendMessagesInput): Promise<Result<SendMessagesOutput>> {
  const checked = input.messages.map(check)
  const rooms = await findRooms(ctx, checked)
  const throttled = new Map<string, RoomlogError>()
  // Handed over in one turn: records of the call stand together, in its order.
  const pending = checked.map((message) => (message.ok ? send(ctx, rooms, throttled, message.value) : message))
  const results = await Promise.all(pending)
  return ok({ results: results.map((result) => (result.ok ? result.value : { error: result.error })) })
}

function check(message: unknown): Result<SendMessageInput> {
  const parsed = SendMessageInput.safeParse(message)
  return parsed.success ? ok(parsed.data) : fail(validationError(parsed.error))
}

/** Every room of the call by its ARN, with one look-up. */
async function findRooms(
  ctx: Context,
  messages: readonly Result<SendMessageInput>[],
): Promise<ReadonlyMap<RoomArn, Result<RoomEntry>>> {
  const ids = new Map<RoomArn, Result<RoomId>>()
  for (const message of messages) {
    if (message.ok && !ids.has(message.value.roomIdentifier)) {
      ids.set(message.value.roomIdentifier, roomIdOf(ctx, message.value.roomIdentifier))
    }
  }
  const wanted = [...ids.values()].flatMap((id) => (id.ok ? [id.value] : []))
  const found = wanted.length === 0 ? new Map() : await ctx.rooms.find(wanted, { signal: ctx.signal })
  const rooms = new Map<RoomArn, Result<RoomEntry>>()
  for (const [arn, id] of ids) rooms.set(arn, id.ok ? ownRoom(ctx, found.get(id.value), id.value) : id)
  return rooms
}

function send(
  ctx: Context,
  rooms: ReadonlyMap<RoomArn, Result<RoomEntry>>,
  throttled: Map<string, RoomlogError>,
  message: SendMessageInput,
): Result<SendMessageOutput> | Promise<Result<SendMessageOutput>> {
  const room = rooms.get(message.roomIdentifier)
  if (room === undefined) throw new Error('a room of the call was not looked up')
  if (!room.ok) return room
  const refused = throttled.get(room.value.roomId)
  if (refused !== undefined) return fail(refused)
  const record = acceptMessage(ctx, room.value, message)
  if (!record.ok) {
    if (record.error.name === 'ThrottlingException') throttled.set(room.value.roomId, record.error)
    return record
  }
  const { id, sendTimeNs } = record.value
  return recordIt(ctx, record.value).then((recorded) =>
    recorded.ok ? ok({ id, sendTime: formatSendTime(sendTimeNs) }) : recorded,
  )
}
