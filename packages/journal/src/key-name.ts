import type { KeyName } from './port.ts'

/** Keys that are forgotten in one step. */
export const KEYS_FORGOTTEN_MAX = 1_000

/** Room and key as one text: ids of rooms are all of one length. */
export function nameOf({ roomId, key }: KeyName): string {
  return `${roomId} ${key}`
}
