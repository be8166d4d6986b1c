import { createHash } from 'node:crypto'
import type { IdempotencyKey, MessageToSend, OperationName } from '@roomlog/domain'
import type { Submission } from '@roomlog/journal'

/** The key of a call, and a hash of what the call asks for. */
export type Once = Pick<NonNullable<Submission['once']>, 'key' | 'hash'>

/**
 * What makes a call be recorded once; undefined without a key. `asked` is all else that the call says: who asks again with
 * anything else in it asks for something else. Apis of neighbouring versions must make the same hash.
 */
export function onceOf(name: OperationName, key: IdempotencyKey | undefined, asked: object): Once | undefined {
  if (key === undefined) return undefined
  return {
    key,
    hash: createHash('sha256')
      .update(JSON.stringify([name, asked], sorted))
      .digest('hex'),
  }
}

/** The same for a message, alone or as an item of `chat.sendMessages`: a retry may come through either. */
export function onceOfMessage({ keyed }: MessageToSend): Once | undefined {
  if (keyed === undefined) return undefined
  const { roomIdentifier, sender, content, attributes, requestId, idempotencyKey } = keyed
  const { userId, attributes: ofSender } = sender
  const asked = { roomIdentifier, sender: { userId, attributes: ofSender }, content, attributes, requestId }
  return onceOf('chat.sendMessage', idempotencyKey, asked)
}

// In what order members are written says nothing; what is undefined is left out.
function sorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
