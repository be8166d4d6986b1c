/** How far two clocks are apart at most before the api says that it is not ready. */
export const CLOCK_OFF_MAX_MS = 1_000

const STEP_ABOVE_NS = 250_000_000n

export type DatabaseClock = {
  /**
   * Nanoseconds since the epoch by the database's clock; strictly increasing within the process. With a `count`, so many
   * in a row are the caller's, of which this is the first. @default 1
   */
  nextNs(count?: number): bigint
  /** Milliseconds since the epoch by the database's clock. */
  nowMs(): number
  /** How far this machine's wall clock is ahead of the database's, as last sampled. */
  aheadMs(): number
  /** Asks the database for its time and turns towards it. */
  sample(options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
}

/**
 * Follows the database's clock from this machine's monotonic one, so that a wall clock that is wrong or steps
 * reaches no record. A small difference is slewed away over `slewMs`, a large one (another database took over) is
 * taken at once. `sample` must succeed once before the time is asked for.
 */
export function createDatabaseClock(sources: {
  readonly databaseTimeUs: (options: { readonly signal?: AbortSignal | undefined }) => Promise<bigint>
  readonly monotonicNs: () => bigint
  readonly wallMs: () => number
  readonly slewMs?: number | undefined
}): DatabaseClock {
  const { databaseTimeUs, monotonicNs, wallMs, slewMs = 10_000 } = sources
  const slewNs = BigInt(slewMs) * 1_000_000n
  let turn: { readonly fromNs: bigint; readonly toNs: bigint; readonly sinceNs: bigint } | undefined
  let lastNs = 0n
  let aheadMs = 0

  const offsetAt = (monotonic: bigint): bigint => {
    if (turn === undefined) throw new Error('The clock was asked before it was set')
    const elapsed = monotonic - turn.sinceNs
    if (elapsed >= slewNs) return turn.toNs
    return turn.fromNs + ((turn.toNs - turn.fromNs) * elapsed) / slewNs
  }
  const nowNs = (): bigint => {
    const monotonic = monotonicNs()
    return monotonic + offsetAt(monotonic)
  }

  return {
    nextNs(count = 1) {
      const now = nowNs()
      const firstNs = now > lastNs ? now : lastNs + 1n
      lastNs = firstNs + BigInt(count - 1)
      return firstNs
    },
    nowMs: () => Number(nowNs() / 1_000_000n),
    aheadMs: () => aheadMs,
    async sample(options = {}) {
      const beforeNs = monotonicNs()
      const databaseNs = (await databaseTimeUs(options)) * 1_000n
      const afterNs = monotonicNs()
      // The database read its clock somewhere in between; half the round trip is the best guess.
      const toNs = databaseNs - (beforeNs + afterNs) / 2n
      const fromNs = turn === undefined ? toNs : offsetAt(afterNs)
      const far = toNs - fromNs > STEP_ABOVE_NS || fromNs - toNs > STEP_ABOVE_NS
      turn = { fromNs: far ? toNs : fromNs, toNs, sinceNs: afterNs }
      aheadMs = wallMs() - Number((afterNs + toNs) / 1_000_000n)
    },
  }
}
