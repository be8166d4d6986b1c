import { type BelievedTime, believedNs, hearTime, timeDoubt } from '@roomlog/domain'

/** How often the database is asked while its clock is followed, and while there is doubt. */
const ASK_EVERY_MS = { sure: 10_000, doubtful: 1_000 }
/** An answer that took longer says too little: the database read its clock at any time in between. */
const ROUND_TRIP_MAX_NS = 500_000_000n
/** A better one is asked for, a few times, so that a connection that is just being made is not taken for a jump. */
const ROUND_TRIP_GOOD_NS = 100_000_000n
const TRIES_MAX = 3
/** Other processes may believe a step some seconds later: until then what they have written is of the time before. */
const DECIDES_AFTER_STEP_NS = 60_000_000_000n

export type ClockSources = {
  /** Microseconds since the epoch. */
  readonly databaseTimeUs: () => Promise<bigint>
  readonly monotonicNs: () => bigint
  readonly wallMs: () => number
  /** `os.uptime()`: counts the time that the machine was suspended. */
  readonly uptimeMs: () => number
  /** Whatever the other clocks say, the database's is right. @default false */
  readonly trustDatabase?: boolean | undefined
  /** Told what changes, once. */
  readonly log: ClockLog
}

export type ClockLog = Readonly<Record<'info' | 'warn' | 'error', (facts: object, message: string) => void>>

export type DatabaseClock = {
  /**
   * Nanoseconds since the epoch; strictly increasing within the process, except that they fall with a step back of the clock
   * that was believed. With a `count`, so many in a row are the caller's, of which this is the first (default 1).
   * Undefined while nobody can say what time it is: nothing may be stamped then.
   */
  nextNs(count?: number): bigint | undefined
  /** Milliseconds since the epoch: the best there is, also while there is doubt. */
  nowMs(): number
  /**
   * False while the database's clock has jumped, for a minute after a jump was believed, and until it has once agreed with this
   * machine's: time decides nothing then.
   */
  sure(): boolean
  /** What is wrong, in words; undefined where nothing is. */
  doubt(): string | undefined
  /** How far this machine's wall clock is ahead of the believed time, as last sampled. */
  wallAheadMs(): number
  /** Asks the database for its time and weighs it. */
  sample(): Promise<void>
  /** As `sample`, if it is time for one; to be called every second. While the database is away the clock runs on by itself. */
  follow(): Promise<void>
}

/**
 * Follows the database's clock from this process's monotonic one, by the rule of `hearTime`. `sample` must succeed once
 * before the time is asked for.
 */
export function createDatabaseClock(sources: ClockSources): DatabaseClock {
  const { databaseTimeUs, monotonicNs, wallMs, uptimeMs, trustDatabase, log } = sources
  let time: BelievedTime | undefined
  let lastNs = 0n
  let askAtNs = 0n
  let decidesFromNs: bigint | undefined

  const believed = (): BelievedTime => {
    if (time === undefined) throw new Error('The clock was asked before it was set')
    return time
  }
  const nowNs = () => believedNs(believed(), monotonicNs())

  async function ask() {
    let best: { readonly databaseNs: bigint; readonly roundTripNs: bigint; readonly monotonicNs: bigint } | undefined
    for (let n = 0; n < TRIES_MAX && (best === undefined || best.roundTripNs > ROUND_TRIP_GOOD_NS); n++) {
      const beforeNs = monotonicNs()
      const databaseNs = (await databaseTimeUs()) * 1_000n
      const roundTripNs = monotonicNs() - beforeNs
      // The database read its clock somewhere in between; half the round trip is the best guess.
      const answer = { databaseNs, roundTripNs, monotonicNs: beforeNs + roundTripNs / 2n }
      if (best === undefined || roundTripNs < best.roundTripNs) best = answer
    }
    return best
  }

  async function sample(): Promise<void> {
    const answer = await ask()
    if (answer === undefined || (time !== undefined && answer.roundTripNs > ROUND_TRIP_MAX_NS)) return
    // The other clocks are read now; the database's is brought up to now by the monotonic one.
    const atNs = monotonicNs()
    const databaseNs = answer.databaseNs + (atNs - answer.monotonicNs)
    const witnesses = { monotonicNs: atNs, databaseNs, wallMs: wallMs(), uptimeMs: uptimeMs() }
    const heard = hearTime(time, witnesses, { trustDatabase })
    // A step that was believed may lead back: what was given out before it counts no more, or times would stay at their peak.
    if (time !== undefined && heard.steps !== time.steps) {
      lastNs = 0n
      decidesFromNs = atNs + DECIDES_AFTER_STEP_NS
    }
    tell(log, time, heard)
    time = heard
  }

  return {
    nextNs(count = 1) {
      const { verdict } = believed()
      if (verdict === 'unknown' || verdict === 'unproven') return undefined
      const now = nowNs()
      const firstNs = now > lastNs ? now : lastNs + 1n
      lastNs = firstNs + BigInt(count - 1)
      return firstNs
    },
    nowMs: () => Number(nowNs() / 1_000_000n),
    sure: () => believed().verdict === 'sure' && (decidesFromNs === undefined || monotonicNs() >= decidesFromNs),
    doubt: () => timeDoubt(believed()),
    wallAheadMs: () => believed().wallAheadMs,
    sample,
    async follow() {
      const startedNs = monotonicNs()
      if (startedNs < askAtNs) return
      askAtNs = startedNs + BigInt(ASK_EVERY_MS.sure) * 1_000_000n
      try {
        await sample()
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        log.warn({ event: 'clock.notSampled', reason }, 'The database did not tell the time.')
        return
      }
      if (believed().verdict !== 'sure') askAtNs = startedNs + BigInt(ASK_EVERY_MS.doubtful) * 1_000_000n
    },
  }
}

function tell(log: ClockLog, before: BelievedTime | undefined, after: BelievedTime): void {
  const { verdict, databaseAheadMs, wallAheadMs } = after
  const changed = verdict !== (before?.verdict ?? 'sure')
  const words = timeDoubt(after)
  if (words !== undefined) {
    if (!changed) return
    const facts = { event: 'clock.doubted', verdict, databaseAheadMs, wallAheadMs }
    if (verdict === 'jumped') log.warn(facts, words)
    else log.error(facts, words)
  } else if (changed) log.info({ event: 'clock.believed' }, 'The clocks agree again.')
  else if (before !== undefined && after.steps !== before.steps) {
    log.info(
      { event: 'clock.stepped' },
      'A jump of the clock was believed: the machine was suspended, or both clocks say so.',
    )
  }
}
