/** Why something failed, in words for an operator. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
