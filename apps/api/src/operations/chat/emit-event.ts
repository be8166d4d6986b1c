import { eventRecord, type Result, type RoomArn, recordTime } from '@roomlog/domain'
import { findRoom } from './find-room.ts'
import type { Once } from './once.ts'
import { type Recorded, recordIt, type Sending } from './record.ts'
import { nextSendTimeNs } from './send-time.ts'

export type EventToEmit = {
  readonly eventName: string
  readonly attributes?: Readonly<Record<string, string>> | undefined
  readonly requestId?: string | undefined
  /** The key of the call that makes the event, if it has one. */
  readonly once: Once | undefined
}

/** Every event, whoever thought of it, goes to the room this way. */
export async function emitEvent(ctx: Sending, arn: RoomArn, emit: EventToEmit): Promise<Result<Recorded>> {
  const { once, ...event } = emit
  const room = await findRoom(ctx, arn)
  if (!room.ok) return room
  const next = nextSendTimeNs(ctx)
  if (!next.ok) return next
  const id = ctx.newId()
  const sendTimeNs = next.value
  const { timeMs, sendTime } = recordTime(sendTimeNs)
  const bytes = eventRecord({ ...event, id, sendTimeNs })
  const { roomId } = room.value
  return recordIt(ctx, { roomId, id, timeMs, bytes, once: once && { ...once, sendTime } }, sendTime)
}
