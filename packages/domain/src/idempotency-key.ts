import type { z } from 'zod'
import { IDEMPOTENCY_KEY_LENGTH_MAX } from './limits.ts'
import { hasLength, isStorable, StoredText } from './text.ts'

/**
 * Chosen by the caller, of one room: calls with the same key within 24 hours record once, and all get the first one's answer.
 */
export const IdempotencyKey = StoredText.refine(isRightLength, {
  error: `Must have 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} characters`,
})
  .meta({
    minLength: 1,
    maxLength: IDEMPOTENCY_KEY_LENGTH_MAX,
    description: 'of this room: asked for again with the same one within 24 hours, it is recorded once',
  })
  .brand<'IdempotencyKey'>()
export type IdempotencyKey = z.infer<typeof IdempotencyKey>

/** As the schema, for paths that see every message. */
export function isIdempotencyKey(value: unknown): value is IdempotencyKey {
  return typeof value === 'string' && isRightLength(value) && isStorable(value)
}

function isRightLength(value: string): boolean {
  return hasLength(value, 1, IDEMPOTENCY_KEY_LENGTH_MAX)
}
