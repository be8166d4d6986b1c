import {
  fail,
  isPlainMessage,
  type Result,
  recordTime,
  type SendMessageInput,
  type SendMessageOutput,
  toSend,
  WrittenMessage,
} from '@roomlog/domain'
import { refusedSend, throttleMessages } from '../../limits/throttle.ts'
import { operation } from '../../operation.ts'
import { findRoom } from './find-room.ts'
import { onceOfMessage } from './once.ts'
import { recordIt, type SendingMessages } from './record.ts'
import { refusalOf } from './refusal.ts'
import { nextSendTimeNs } from './send-time.ts'

export default operation('chat.sendMessage', sendMessage, isWrittenOrPlain)

async function sendMessage(
  ctx: SendingMessages,
  input: SendMessageInput | WrittenMessage,
): Promise<Result<SendMessageOutput>> {
  const message = input instanceof WrittenMessage ? input : toSend(input)
  const found = await findRoom(ctx, message.roomIdentifier)
  if (!found.ok) return fail(refusedSend(ctx, found.error))
  const next = nextSendTimeNs(ctx)
  if (!next.ok) return next
  const room = found.value
  const refused = refusalOf(room, message, throttleMessages(ctx, room))
  if (refused !== undefined) return fail(refusedSend(ctx, refused))
  const id = ctx.newId()
  const time = recordTime(next.value)
  const bytes = ctx.writeRecord((into, at) => message.write(into, at, id, time))
  const { timeMs, sendTime } = time
  const asked = onceOfMessage(message)
  return recordIt(ctx, { roomId: room.roomId, id, timeMs, bytes, once: asked && { ...asked, sendTime } }, sendTime)
}

/** What the front door has read off the body already, or what the schema would leave as it is. */
function isWrittenOrPlain(input: unknown): input is SendMessageInput | WrittenMessage {
  return input instanceof WrittenMessage || isPlainMessage(input)
}
