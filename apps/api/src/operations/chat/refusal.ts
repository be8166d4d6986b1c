import { type MessageToSend, type RoomlogError, validationException } from '@roomlog/domain'
import type { MessageThrottle } from '../../limits/throttle.ts'
import type { RoomEntry } from '../../rooms/room-cache.ts'

/** Why a room does not take a message now, if it does not. What is refused here is never recorded. */
export function refusalOf(
  { maximumMessageLength: lengthMax }: RoomEntry,
  { contentLength }: MessageToSend,
  throttle: MessageThrottle,
): RoomlogError | undefined {
  if (contentLength > lengthMax) return tooLong(lengthMax)
  const throttled = throttle()
  return throttled.ok ? undefined : throttled.error
}

function tooLong(lengthMax: number): RoomlogError {
  const message = `Must have at most ${lengthMax} characters in this room`
  return validationException(`Request member: content failed to satisfy the constraints: ${message}`, {
    reason: 'FIELD_VALIDATION_FAILED',
    fieldList: [{ name: 'content', message }],
  })
}
