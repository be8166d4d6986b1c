import type { AppendId, LeaseToken, Position } from './port.ts'

/** Before the first record of a partition. */
export const START: Position = toPosition(0)

/** A position from a number that the journal gave out. */
export function toPosition(value: number): Position {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`not a position: ${value}`)
  // biome-ignore lint/plugin/no-casts: a brand, for a value that was checked just above
  return value as Position
}

/**
 * Position of the `i`-th record (from 0) of a batch, or of any run of records that begins at `first`. That positions have no
 * gaps within a partition is known here and nowhere outside the package.
 */
export function positionOf(first: Position, i: number): Position {
  return toPosition(first + i)
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** An append id from a UUID in lower case. */
export function toAppendId(value: string): AppendId {
  if (!UUID.test(value)) throw new Error(`not an append id: ${value}`)
  // biome-ignore lint/plugin/no-casts: a brand, for a value that was checked just above
  return value as AppendId
}

/** A lease token from a random UUID in lower case. */
export function toLeaseToken(value: string): LeaseToken {
  if (!UUID.test(value)) throw new Error('not a lease token')
  // biome-ignore lint/plugin/no-casts: a brand, for a value that was checked just above
  return value as LeaseToken
}
