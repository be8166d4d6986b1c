/** Remembers for a moment what was looked for and is not there, so that asking again costs no look-up. */
export type Absences<Key> = {
  has(key: Key): boolean
  add(key: Key): void
  delete(key: Key): void
}

/**
 * Remembers for a moment what is not there, so that who asks for it again and again costs no look-up each time. It is kept
 * apart from what is there and has a bound of its own: whoever asks for things that do not exist forgets others of those,
 * and never what is good. The oldest goes first.
 */
export function createAbsences<Key>(options: {
  readonly nowMs: () => number
  readonly forMs: number
  readonly max?: number | undefined
}): Absences<Key> {
  const { nowMs, forMs, max = 10_000 } = options
  const untilMs = new Map<Key, number>()
  return {
    has(key) {
      const until = untilMs.get(key)
      if (until === undefined) return false
      if (nowMs() < until) return true
      untilMs.delete(key)
      return false
    },
    add(key) {
      untilMs.delete(key)
      if (untilMs.size >= max) forgetOldest(untilMs)
      untilMs.set(key, nowMs() + forMs)
    },
    delete: (key) => untilMs.delete(key),
  }
}

/** The one that was put in first. */
export function forgetOldest<Key>(known: Map<Key, unknown>): void {
  for (const key of known.keys()) {
    known.delete(key)
    return
  }
}
