import { formatSendTime, ok, type Result, type SendMessageInput, type SendMessageOutput } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { acceptMessage } from './accept-message.ts'
import { findRoom } from './find-room.ts'
import { recordIt } from './record.ts'

export async function sendMessage(ctx: Context, input: SendMessageInput): Promise<Result<SendMessageOutput>> {
  const room = await findRoom(ctx, input.roomIdentifier)
  if (!room.ok) return room
  const record = acceptMessage(ctx, room.value, input)
  if (!record.ok) return record
  const recorded = await recordIt(ctx, record.value)
  return recorded.ok ? ok({ id: record.value.id, sendTime: formatSendTime(record.value.sendTimeNs) }) : recorded
}
