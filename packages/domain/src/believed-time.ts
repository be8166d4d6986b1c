/** What can be asked for the time. Any one of them may be wrong; docs/delivery.md ("Time") says how they are weighed. */
export type TimeWitnesses = {
  /** This process's own clock: it never steps, and stands still while the machine is suspended. */
  readonly monotonicNs: bigint
  /** The database's clock, since the epoch, as of `monotonicNs`. */
  readonly databaseNs: bigint
  /** The machine's wall clock, since the epoch. */
  readonly wallMs: number
  /** Since the machine was started; counts the time that it was suspended. */
  readonly uptimeMs: number
}

export type TimeVerdict =
  /** The database's clock is followed. */
  | 'sure'
  /** The database's clock has jumped and nothing vouches for it: the time goes on by the own monotonic clock. */
  | 'jumped'
  /** The believed time agrees with neither clock any more: nobody can say what time it is. */
  | 'unknown'
  /** Since the start the database's clock and the wall clock have never agreed. */
  | 'unproven'

export type BelievedTime = {
  readonly verdict: TimeVerdict
  /** What is added to the monotonic clock: it turns from one value to the other over `SLEW_NS`. */
  readonly turn: { readonly fromNs: bigint; readonly toNs: bigint; readonly sinceNs: bigint }
  /** As they stood when the database was last believed. */
  readonly believedAt: { readonly monotonicNs: bigint; readonly uptimeMs: number }
  /** Where the database's clock has jumped to (what would be added to the monotonic clock), and since when it stands there. */
  readonly jump: { readonly offsetNs: bigint; readonly sinceNs: bigint } | undefined
  /** How far they are ahead of the believed time. */
  readonly databaseAheadMs: number
  readonly wallAheadMs: number
  /** Goes up with each step that was believed, so that whoever gave out times knows that they may fall. */
  readonly steps: number
}

/** A smaller difference between the database and the believed time is slewed away, a larger one is a jump. */
export const JUMP_ABOVE_MS = 250
/** Two clocks that are no further apart agree. */
export const CLOCKS_AGREE_MS = 1_000
/** The same at the start, when there is no believed time that a third could be held against. */
export const CLOCKS_AGREE_AT_START_MS = 5_000
/** How long a jump must stand before the wall clock's agreement is enough. */
export const JUMP_STANDS_MS = 60_000

const SLEW_NS = 10_000_000_000n

/** The believed time once the witnesses have been heard again. With `trustDatabase` the database is right whatever the others say. */
export function hearTime(
  before: BelievedTime | undefined,
  witnesses: TimeWitnesses,
  { trustDatabase = false }: { readonly trustDatabase?: boolean | undefined } = {},
): BelievedTime {
  const { monotonicNs, databaseNs, wallMs, uptimeMs } = witnesses
  const offsetNs = databaseNs - monotonicNs
  const wallAheadOf = (ns: bigint) => wallMs - msOf(ns)
  const follow = (verdict: TimeVerdict, fromNs: bigint, steps: number): BelievedTime => ({
    verdict,
    turn: { fromNs, toNs: offsetNs, sinceNs: monotonicNs },
    believedAt: { monotonicNs, uptimeMs },
    jump: undefined,
    databaseAheadMs: msOf(offsetNs - fromNs),
    wallAheadMs: wallAheadOf(monotonicNs + fromNs),
    steps,
  })

  if (before === undefined || (before.verdict === 'unproven' && !trustDatabase)) {
    const agree = trustDatabase || Math.abs(wallAheadOf(databaseNs)) <= CLOCKS_AGREE_AT_START_MS
    return follow(agree ? 'sure' : 'unproven', offsetNs, before === undefined ? 0 : before.steps + 1)
  }

  const ownOffsetNs = offsetAt(before, monotonicNs)
  const aheadMs = msOf(offsetNs - ownOffsetNs)
  if (Math.abs(aheadMs) <= JUMP_ABOVE_MS) return follow('sure', ownOffsetNs, before.steps)
  if (trustDatabase) return follow('sure', offsetNs, before.steps + 1)

  const { jump: seen, believedAt } = before
  const stands = seen !== undefined && Math.abs(msOf(offsetNs - seen.offsetNs)) <= JUMP_ABOVE_MS
  const jump = stands ? seen : { offsetNs, sinceNs: monotonicNs }
  const suspendedMs = uptimeMs - believedAt.uptimeMs - msOf(monotonicNs - believedAt.monotonicNs)
  const hasStood = msOf(monotonicNs - jump.sinceNs) >= JUMP_STANDS_MS
  if (agree(wallAheadOf(databaseNs)) && (isSuspension(aheadMs, suspendedMs) || hasStood)) {
    return follow('sure', offsetNs, before.steps + 1)
  }
  const wallAheadMs = wallAheadOf(monotonicNs + ownOffsetNs)
  const verdict = agree(wallAheadMs) || agree(aheadMs) ? 'jumped' : 'unknown'
  return { ...before, verdict, jump, databaseAheadMs: aheadMs, wallAheadMs }
}

/** The believed time when the monotonic clock shows this, since the epoch. */
export function believedNs(time: BelievedTime, monotonicNs: bigint): bigint {
  return monotonicNs + offsetAt(time, monotonicNs)
}

/** What is wrong, in words for whoever operates the process; undefined where nothing is. */
export function timeDoubt({ verdict, databaseAheadMs, wallAheadMs }: BelievedTime): string | undefined {
  const apart = `the database's clock is ${seconds(databaseAheadMs)} and this machine's ${seconds(wallAheadMs)}`
  switch (verdict) {
    case 'sure':
      return undefined
    case 'jumped':
      return `The database's clock has jumped: ${apart} of the time that this process goes on by; correct the database's clock`
    case 'unknown':
      return `Nobody can say what time it is: ${apart} of the time that this process had; correct the clock that is wrong`
    case 'unproven':
      return `This machine's clock is ${seconds(wallAheadMs)} of the database's, so neither is believed; correct the one that is wrong, or set ROOMLOG_CLOCK=database to trust the database's alone`
  }
}

function offsetAt({ turn }: BelievedTime, monotonicNs: bigint): bigint {
  const elapsedNs = monotonicNs - turn.sinceNs
  if (elapsedNs >= SLEW_NS) return turn.toNs
  return turn.fromNs + ((turn.toNs - turn.fromNs) * elapsedNs) / SLEW_NS
}

// Half of a small jump, so that an uptime that has not moved at all never counts as having moved with it.
function isSuspension(jumpMs: number, suspendedMs: number): boolean {
  return Math.abs(jumpMs - suspendedMs) <= Math.min(CLOCKS_AGREE_MS, Math.abs(jumpMs) / 2)
}

function agree(apartMs: number): boolean {
  return Math.abs(apartMs) <= CLOCKS_AGREE_MS
}

function msOf(ns: bigint): number {
  return Number(ns / 1_000n) / 1_000
}

function seconds(aheadMs: number): string {
  return `${(Math.abs(aheadMs) / 1_000).toFixed(1)} s ${aheadMs < 0 ? 'behind' : 'ahead'}`
}
