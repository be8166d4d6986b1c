import { eventRecord, ok, type Result, type RoomArn, recordTime, type SendEventOutput } from '@roomlog/domain'
import { findRoom } from './find-room.ts'
import { recordIt, type Sending } from './record.ts'
import { nextSendTimeNs } from './send-time.ts'

export type EventToEmit = {
  readonly eventName: string
  readonly attributes?: Readonly<Record<string, string>> | undefined
  readonly requestId?: string | undefined
}

/** Every event, whoever thought of it, goes to the room this way. */
export async function emitEvent(ctx: Sending, arn: RoomArn, event: EventToEmit): Promise<Result<SendEventOutput>> {
  const room = await findRoom(ctx, arn)
  if (!room.ok) return room
  const next = nextSendTimeNs(ctx)
  if (!next.ok) return next
  const id = ctx.newId()
  const sendTimeNs = next.value
  const { timeMs, sendTime } = recordTime(sendTimeNs)
  const bytes = eventRecord({ ...event, id, sendTimeNs })
  const recorded = await recordIt(ctx, { roomId: room.value.roomId, id, timeMs, bytes })
  return recorded.ok ? ok({ id, sendTime }) : recorded
}
