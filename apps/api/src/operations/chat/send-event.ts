import type { Result, SendEventInput, SendEventOutput } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { operation } from '../../operation.ts'
import { emitEvent } from './emit-event.ts'

export default operation('chat.sendEvent', sendEvent)

async function sendEvent(ctx: Context, input: SendEventInput): Promise<Result<SendEventOutput>> {
  const { roomIdentifier, ...event } = input
  return emitEvent(ctx, roomIdentifier, event)
}
