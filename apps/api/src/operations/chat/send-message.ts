import {
  fail,
  isPlainMessage,
  messageRecordAt,
  ok,
  type Result,
  recordTime,
  type SendMessageInput,
  type SendMessageOutput,
} from '@roomlog/domain'
import { refusedSend, throttleMessages } from '../../limits/throttle.ts'
import { operation } from '../../operation.ts'
import { findRoom } from './find-room.ts'
import { recordIt, type Sending } from './record.ts'
import { refusalOf } from './refusal.ts'
import { nextSendTimeNs } from './send-time.ts'

export default operation('chat.sendMessage', sendMessage, isPlainMessage)

async function sendMessage(ctx: Sending, input: SendMessageInput): Promise<Result<SendMessageOutput>> {
  const found = await findRoom(ctx, input.roomIdentifier)
  if (!found.ok) return fail(refusedSend(ctx, found.error))
  const next = nextSendTimeNs(ctx)
  if (!next.ok) return next
  const room = found.value
  const refused = refusalOf(room, input, throttleMessages(ctx, room))
  if (refused !== undefined) return fail(refusedSend(ctx, refused))
  const id = ctx.newId()
  const time = recordTime(next.value)
  const bytes = messageRecordAt(input, id, time)
  const recorded = await recordIt(ctx, { roomId: room.roomId, id, timeMs: time.timeMs, bytes })
  return recorded.ok ? ok({ id, sendTime: time.sendTime }) : recorded
}
