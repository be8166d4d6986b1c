import {
  fail,
  isPlainCall,
  isPlainMessage,
  type MessageToSend,
  ok,
  type Result,
  type RoomArn,
  type RoomId,
  type RoomlogError,
  recordTimes,
  SendMessageInput,
  type SendMessagesInput,
  type SendMessagesOutput,
  toSend,
  validationError,
  WrittenMessage,
} from '@roomlog/domain'
import type { Submission } from '@roomlog/journal'
import { type MessageThrottle, refusedSend, throttleMessages } from '../../limits/throttle.ts'
import { operation } from '../../operation.ts'
import type { RoomEntry } from '../../rooms/room-cache.ts'
import { roomIdOf } from '../resource.ts'
import { type FindingRooms, findRooms, ownRoom } from './find-room.ts'
import { onceOfMessage } from './once.ts'
import { recordAll, type SendingMessages } from './record.ts'
import { refusalOf } from './refusal.ts'
import { nextSendTimeNs } from './send-time.ts'

type Answer = SendMessagesOutput['results'][number]
/** A record, and which message of the call it is. */
type Accepted = Submission & { readonly at: number }
/** A room of the call; `throttled` is what all of its messages are told once its rate has refused one. */
type Addressee = { readonly room: RoomEntry; readonly throttle: MessageThrottle; throttled: RoomlogError | undefined }

export default operation('chat.sendMessages', sendMessages, isPlainCall)

/**
 * Each message has a result of its own, in order. Once a room's rate has refused one, the rest of that room in the call
 * is refused with it: what is recorded of a room is a beginning of what was sent, without holes made by the rate.
 */
async function sendMessages(ctx: SendingMessages, input: SendMessagesInput): Promise<Result<SendMessagesOutput>> {
  // Taken out of the input, which others hold: what waits for its commit would be copied by every collection of garbage.
  const prepared = await prepare(ctx, input.messages.splice(0))
  if (!prepared.ok) return prepared
  const { accepted, results } = prepared.value
  await recordAll(ctx, accepted, ({ at }, answer) => {
    results[at] = answer
  })
  return ok({ results })
}

/** Decides on every message in one turn, and makes the records of those that are accepted. */
async function prepare(
  ctx: SendingMessages,
  messages: readonly unknown[],
): Promise<Result<{ accepted: Accepted[]; results: Answer[] }>> {
  const checked = messages.map(check)
  const addressees = await findAddressees(ctx, checked)
  const firstNs = nextSendTimeNs(ctx, checked.length)
  if (!firstNs.ok) return firstNs
  const nextTime = recordTimes(firstNs.value)
  const accepted: Accepted[] = []
  const results = checked.map((message, at): Answer => {
    if (!message.ok) return { error: refusedSend(ctx, message.error) }
    const room = admit(addressees, message.value)
    if (!room.ok) return { error: refusedSend(ctx, room.error) }
    const id = ctx.newId()
    const time = nextTime()
    const bytes = ctx.writeRecord((into, start) => message.value.write(into, start, id, time))
    const { timeMs, sendTime } = time
    const asked = onceOfMessage(message.value)
    accepted.push({ at, roomId: room.value.roomId, id, timeMs, bytes, once: asked && { ...asked, sendTime } })
    return { id, sendTime }
  })
  return ok({ accepted, results })
}

function check(message: unknown): Result<MessageToSend> {
  if (message instanceof WrittenMessage) return ok(message)
  if (isPlainMessage(message)) return ok(toSend(message))
  const parsed = SendMessageInput.safeParse(message)
  return parsed.success ? ok(toSend(parsed.data)) : fail(validationError(parsed.error))
}

/** Every room of the call by its ARN, with one look-up. */
async function findAddressees(
  ctx: FindingRooms,
  messages: readonly Result<MessageToSend>[],
): Promise<ReadonlyMap<RoomArn, Result<Addressee>>> {
  const ids = new Map<RoomArn, Result<RoomId>>()
  for (const message of messages) {
    if (message.ok && !ids.has(message.value.roomIdentifier)) {
      ids.set(message.value.roomIdentifier, roomIdOf(ctx, message.value.roomIdentifier))
    }
  }
  const wanted = [...ids.values()].flatMap((id) => (id.ok ? [id.value] : []))
  const found = await findRooms(ctx, wanted)
  const addressees = new Map<RoomArn, Result<Addressee>>()
  for (const [arn, id] of ids) {
    addressees.set(arn, addresseeOf(ctx, id, found))
  }
  return addressees
}

function addresseeOf(
  ctx: FindingRooms,
  id: Result<RoomId>,
  found: Result<ReadonlyMap<RoomId, RoomEntry>>,
): Result<Addressee> {
  if (!id.ok) return id
  const room = found.ok ? ownRoom(ctx, found.value.get(id.value), id.value) : found
  if (!room.ok) return room
  return ok({ room: room.value, throttle: throttleMessages(ctx, room.value), throttled: undefined })
}

/** The room, if it takes the message. */
function admit(addressees: ReadonlyMap<RoomArn, Result<Addressee>>, message: MessageToSend): Result<RoomEntry> {
  const addressee = addressees.get(message.roomIdentifier)
  if (addressee === undefined) throw new Error('a room of the call was not looked up')
  if (!addressee.ok) return addressee
  const to = addressee.value
  if (to.throttled !== undefined) return fail(to.throttled)
  const refused = refusalOf(to.room, message, to.throttle)
  if (refused === undefined) return ok(to.room)
  if (refused.name === 'ThrottlingException') to.throttled = refused
  return fail(refused)
}
