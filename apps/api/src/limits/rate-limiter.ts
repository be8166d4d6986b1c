import { forgetOldest } from '../absences.ts'

/** A ceiling on what one key may do in a second. */
export type Limit = { readonly key: string; readonly perSecond: number }

export type RateLimiter = {
  /** Takes one token of every limit, or none; answers the first limit that has none left. */
  take(limits: readonly Limit[]): Limit | undefined
  /** The limit's bucket as it is now, for who takes many tokens in this turn. */
  bucket(limit: Limit): Bucket
  /** Buckets held now. */
  readonly size: number
}

export type Bucket = { tokens: number; refilledAtMs: number }

/**
 * Token buckets of this process: a burst of one second's worth, then the steady rate.
 * Several api processes each count for themselves, so the deployment's ceiling is theirs added up.
 * `nowMs` is monotonic. Memory is bounded by `bucketsMax`: the bucket that rested longest goes first,
 * and one that rested a second is full, so nothing is forgotten by its going.
 */
export function createRateLimiter(options: {
  readonly nowMs: () => number
  readonly bucketsMax?: number | undefined
}): RateLimiter {
  const { nowMs, bucketsMax = 100_000 } = options
  const buckets = new Map<string, Bucket>()

  // Taken out and put back, so that the map's order is the order of last use.
  const touch = (limit: Limit, now: number): Bucket => {
    const bucket = buckets.get(limit.key)
    if (bucket === undefined) {
      if (buckets.size >= bucketsMax) forgetOldest(buckets)
      const full = { tokens: limit.perSecond, refilledAtMs: now }
      buckets.set(limit.key, full)
      return full
    }
    buckets.delete(limit.key)
    buckets.set(limit.key, bucket)
    refill(bucket, limit.perSecond, now)
    return bucket
  }

  return {
    take(limits) {
      const now = nowMs()
      const touched = limits.map((limit) => touch(limit, now))
      const empty = takeToken(touched)
      return empty && limits[touched.indexOf(empty)]
    },
    bucket: (limit) => touch(limit, nowMs()),
    get size() {
      return buckets.size
    },
  }
}

/** Takes one token of every bucket, or none; answers the first bucket that has none left. */
export function takeToken(buckets: readonly Bucket[]): Bucket | undefined {
  for (const bucket of buckets) if (bucket.tokens < 1) return bucket
  for (const bucket of buckets) bucket.tokens -= 1
  return undefined
}

/** Until an empty bucket has a token again. */
export function refilledInMs({ tokens }: Bucket, perSecond: number): number {
  return Math.max(1, Math.ceil(((1 - tokens) * 1000) / perSecond))
}

// The rate is an argument, because a room's rate changes while its bucket stays.
function refill(bucket: Bucket, perSecond: number, now: number): void {
  const elapsedMs = Math.max(0, now - bucket.refilledAtMs)
  bucket.tokens = Math.min(perSecond, bucket.tokens + (elapsedMs * perSecond) / 1000)
  bucket.refilledAtMs = now
}
