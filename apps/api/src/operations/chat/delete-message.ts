import {
  type DeleteMessageInput,
  type DeleteMessageOutput,
  deleteMessageAttributes,
  ok,
  type Result,
} from '@roomlog/domain'
import { operation } from '../../operation.ts'
import { emitEvent } from './emit-event.ts'
import { onceOf } from './once.ts'
import type { Sending } from './record.ts'

export default operation('chat.deleteMessage', deleteMessage)

/** Asks clients to delete a message; whether there ever was one is not checked, as IVS does not. */
async function deleteMessage(
  ctx: Sending,
  { idempotencyKey, ...input }: DeleteMessageInput,
): Promise<Result<DeleteMessageOutput>> {
  const once = onceOf('chat.deleteMessage', idempotencyKey, input)
  const event = { eventName: 'aws:DELETE_MESSAGE', attributes: deleteMessageAttributes(input), once }
  const emitted = await emitEvent(ctx, input.roomIdentifier, event)
  return emitted.ok ? ok({ id: emitted.value.id }) : emitted
}
