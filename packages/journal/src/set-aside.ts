import { indexedCounts } from './entry.ts'

/** What a row says of where its records go; it may be damaged anywhere. */
export type Claims = {
  readonly destinationVersionIds: readonly number[]
  readonly destinationCounts: readonly number[]
  /** Undefined if it cannot be read. */
  readonly index: Buffer | undefined
}

/**
 * How many records of a damaged batch went to each destination: an upper bound. The counts are written down twice, beside
 * the index and in it, and nobody knows which one is damaged: the greater one counts.
 */
export function countsAtMost(claims: Claims, recordCount: number): ReadonlyMap<number, number> {
  const most = new Map<number, number>()
  const claim = (id: number, count: number | undefined) => {
    const sane = count === undefined || count < 0 ? recordCount : Math.min(count, recordCount)
    most.set(id, Math.max(most.get(id) ?? 0, sane))
  }
  claims.destinationVersionIds.forEach((id, i) => {
    claim(id, claims.destinationCounts[i])
  })
  for (const [id, count] of (claims.index && indexedCounts(claims.index)) ?? []) claim(id, count)
  return most
}
