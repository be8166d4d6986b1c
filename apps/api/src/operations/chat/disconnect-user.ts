import { type DisconnectUserInput, disconnectUserAttributes, type Nothing, ok, type Result } from '@roomlog/domain'
import { operation } from '../../operation.ts'
import { emitEvent } from './emit-event.ts'
import { onceOf } from './once.ts'
import type { Sending } from './record.ts'

export default operation('chat.disconnectUser', disconnectUser)

async function disconnectUser(
  ctx: Sending,
  { idempotencyKey, ...input }: DisconnectUserInput,
): Promise<Result<Nothing>> {
  const once = onceOf('chat.disconnectUser', idempotencyKey, input)
  const event = { eventName: 'aws:DISCONNECT_USER', attributes: disconnectUserAttributes(input), once }
  const emitted = await emitEvent(ctx, input.roomIdentifier, event)
  return emitted.ok ? ok({}) : emitted
}
