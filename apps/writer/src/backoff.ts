export type Backoff = { readonly firstMs: number; readonly maxMs: number }

/** Exponential backoff with full jitter in its upper half; `random` in [0, 1). Attempt 1 is the first failure. */
export function backoffMs(backoff: Backoff, attempt: number, random: () => number): number {
  const ceiling = Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(attempt - 1, 30))
  return Math.round(ceiling * (0.5 + random() / 2))
}
