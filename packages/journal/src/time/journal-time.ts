import { CLOCKS_AGREE_MS } from '@roomlog/domain'

/** Far beyond what any lease lasts, by which one that was given by a clock that had jumped is known. */
export const LEASE_FAR_MS = 3_600_000

/** What the process believes to be the time; the database may say something else, for all that it was believed a moment ago. */
export type JournalTime = {
  /** ms since the epoch. */
  nowMs(): number
  /** False while the database's clock has jumped, as far as the process has noticed. */
  sure(): boolean
}

/**
 * The time of a step that reads the database's clock: that clock, which all processes share, where it agrees with what this
 * process believes; otherwise the believed one. So a jump leaves no trace, however short it is.
 */
export function timeToUse(databaseMs: number, time: JournalTime | undefined): number {
  return time === undefined || agrees(databaseMs, time) ? databaseMs : time.nowMs()
}

/** Whether the step may decide by the time: nothing is trimmed, given up or taken over at a time that nobody vouches for. */
export function isSure(databaseMs: number, time: JournalTime | undefined): boolean {
  return time === undefined || (time.sure() && agrees(databaseMs, time))
}

function agrees(databaseMs: number, time: JournalTime): boolean {
  return Math.abs(databaseMs - time.nowMs()) <= CLOCKS_AGREE_MS
}
