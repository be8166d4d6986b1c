import { type DisconnectUserInput, disconnectUserAttributes, ok, type Result } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import type { Nothing } from '../../operations.ts'
import { emitEvent } from './emit-event.ts'

export async function disconnectUser(ctx: Context, input: DisconnectUserInput): Promise<Result<Nothing>> {
  const event = { eventName: 'aws:DISCONNECT_USER', attributes: disconnectUserAttributes(input) }
  const emitted = await emitEvent(ctx, input.roomIdentifier, event)
  return emitted.ok ? ok({}) : emitted
}
