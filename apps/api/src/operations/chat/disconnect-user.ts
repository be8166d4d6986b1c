import { type DisconnectUserInput, disconnectUserAttributes, type Nothing, ok, type Result } from '@roomlog/domain'
import { operation } from '../../operation.ts'
import { emitEvent } from './emit-event.ts'
import type { Sending } from './record.ts'

export default operation('chat.disconnectUser', disconnectUser)

async function disconnectUser(ctx: Sending, input: DisconnectUserInput): Promise<Result<Nothing>> {
  const event = { eventName: 'aws:DISCONNECT_USER', attributes: disconnectUserAttributes(input) }
  const emitted = await emitEvent(ctx, input.roomIdentifier, event)
  return emitted.ok ? ok({}) : emitted
}
