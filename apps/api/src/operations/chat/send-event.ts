import type { Result, SendEventInput, SendEventOutput } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { emitEvent } from './emit-event.ts'

export async function sendEvent(ctx: Context, input: SendEventInput): Promise<Result<SendEventOutput>> {
  const { roomIdentifier, ...event } = input
  return emitEvent(ctx, roomIdentifier, event)
}
