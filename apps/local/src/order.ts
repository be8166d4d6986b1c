/** When a record was asked for and when it was acknowledged, by any clock that both share. */
export type Span = { readonly sentAt: number; readonly acknowledgedAt: number }

/** Whether no record stands behind one that was sent after its acknowledgement. */
export function keepsOrder(records: Iterable<Span>): boolean {
  let latestSentAt = Number.NEGATIVE_INFINITY
  for (const { sentAt, acknowledgedAt } of records) {
    if (acknowledgedAt < latestSentAt) return false
    latestSentAt = Math.max(latestSentAt, sentAt)
  }
  return true
}
