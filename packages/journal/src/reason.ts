/** Why something failed, in words for an operator. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Of a host with several addresses, each of which failed.
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message
  return error.message
}
