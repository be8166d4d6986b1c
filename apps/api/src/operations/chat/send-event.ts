import type { Result, SendEventInput, SendEventOutput } from '@roomlog/domain'
import { operation } from '../../operation.ts'
import { emitEvent } from './emit-event.ts'
import { onceOf } from './once.ts'
import type { Sending } from './record.ts'

export default operation('chat.sendEvent', sendEvent)

async function sendEvent(ctx: Sending, { idempotencyKey, ...input }: SendEventInput): Promise<Result<SendEventOutput>> {
  const { roomIdentifier, ...event } = input
  return emitEvent(ctx, roomIdentifier, { ...event, once: onceOf('chat.sendEvent', idempotencyKey, input) })
}
