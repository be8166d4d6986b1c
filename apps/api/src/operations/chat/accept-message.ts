import {
  codePoints,
  fail,
  messageRecord,
  ok,
  type Result,
  type SendMessageInput,
  validationException,
} from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { throttleMessage } from '../../limits/throttle.ts'
import type { RoomEntry } from '../../rooms/room-cache.ts'
import type { FinishedRecord } from './record.ts'

/** Decides whether a room takes a message now, and makes its record. What is refused here is never recorded. */
export function acceptMessage(ctx: Context, room: RoomEntry, input: SendMessageInput): Result<FinishedRecord> {
  const fits = contentFits(input.content, room.maximumMessageLength)
  if (!fits.ok) return fits
  const throttled = throttleMessage(ctx, room)
  if (!throttled.ok) return throttled
  const id = ctx.newId()
  const sendTimeNs = ctx.clock.nextNs()
  const { requestId, attributes, content, sender } = input
  const bytes = messageRecord({ id, requestId, attributes, content, sendTimeNs, sender })
  return ok({ roomId: room.roomId, id, sendTimeNs, bytes })
}

function contentFits(content: string, lengthMax: number): Result<undefined> {
  if (content.length <= lengthMax || codePoints(content) <= lengthMax) return ok(undefined)
  const message = `Must have at most ${lengthMax} characters in this room`
  return fail(
    validationException(`Request member: content failed to satisfy the constraints: ${message}`, {
      reason: 'FIELD_VALIDATION_FAILED',
      fieldList: [{ name: 'content', message }],
    }),
  )
}
