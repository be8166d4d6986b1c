import type { Result, SendEventInput, SendEventOutput } from '@roomlog/domain'
import { operation } from '../../operation.ts'
import { emitEvent } from './emit-event.ts'
import type { Sending } from './record.ts'

export default operation('chat.sendEvent', sendEvent)

async function sendEvent(ctx: Sending, input: SendEventInput): Promise<Result<SendEventOutput>> {
  const { roomIdentifier, ...event } = input
  return emitEvent(ctx, roomIdentifier, event)
}
