import { expect } from 'vitest'
import { type Change, judge, type Verdict } from './judge.ts'
import type { Kind, Readings } from './settle.ts'
import type { Ledger, Room } from './traffic.ts'

export type Verdicts = Readonly<Record<Kind, Verdict>>

/** Every record is owed from the first on. */
export const ALWAYS: readonly Change[] = [
  { calledMs: Number.NEGATIVE_INFINITY, answeredMs: Number.NEGATIVE_INFINITY, attached: true },
]

/** What each destination has of a room, held against what it must have. */
export function judgeRoom(
  read: Readings,
  ledger: Ledger,
  { id }: Room,
  changes: readonly Change[] | undefined,
): Verdicts {
  const of = (kind: Kind) => judge(ledger.get(id) ?? [], changes ?? [], read[kind].rooms.get(id) ?? [])
  return { s3: of('s3'), cloudWatchLogs: of('cloudWatchLogs'), firehose: of('firehose') }
}

/** Exactly what had to be there, once, in order where a destination keeps one, and the same on every side of a change. */
export function expectExact(verdicts: Verdicts): void {
  const exact = { missing: [], intruders: [], repeats: 0 }
  expect(verdicts).toMatchObject({
    s3: { ...exact, inOrder: true },
    cloudWatchLogs: { ...exact, inOrder: true },
    firehose: exact,
  })
  const open = verdicts.s3.openThere
  const there = { cloudWatchLogs: verdicts.cloudWatchLogs.openThere, firehose: verdicts.firehose.openThere }
  expect(there).toEqual({ cloudWatchLogs: open, firehose: open })
}
