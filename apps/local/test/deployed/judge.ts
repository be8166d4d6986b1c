import { keepsOrder } from '../../src/order.ts'
import type { Sent } from './traffic.ts'

/** One change of a room's list, somewhere between its call and its answer. */
export type Change = { readonly calledMs: number; readonly answeredMs: number; readonly attached: boolean }

export type Verdict = {
  /** Records that had to be there, that had not to, and that a change overlapped. */
  readonly counts: { readonly owed: number; readonly foreign: number; readonly open: number }
  /** Owed and not there. */
  readonly missing: readonly string[]
  /** There, and foreign or unknown. */
  readonly intruders: readonly string[]
  readonly repeats: number
  /** Whether records stand in an order that the acknowledgements allow. */
  readonly inOrder: boolean
  /** Of the open ones, those that are there: the same in every destination that the changes were about. */
  readonly openThere: readonly string[]
}

/**
 * Holds what a destination has of a room against what it must have. A record acknowledged before a change was called
 * knows nothing of it, one sent after its answer stands under it, and one in between may be on either side.
 */
export function judge(sent: readonly Sent[], changes: readonly Change[], read: readonly string[]): Verdict {
  const there = new Set(read)
  const known = new Map(sent.map((record) => [record.id, record]))
  const counts = { owed: 0, foreign: 0, open: 0 }
  const missing: string[] = []
  const openThere: string[] = []
  const intruders = read.filter((id) => !known.has(id))
  for (const record of sent) {
    const fate = fateOf(record, changes)
    counts[fate] += 1
    if (fate === 'owed' && !there.has(record.id)) missing.push(record.id)
    if (fate === 'foreign' && there.has(record.id)) intruders.push(record.id)
    if (fate === 'open' && there.has(record.id)) openThere.push(record.id)
  }
  return {
    counts,
    missing,
    intruders,
    repeats: read.length - there.size,
    inOrder: keepsOrder(
      [...there]
        .flatMap((id) => known.get(id) ?? [])
        .map(({ sentMs, acknowledgedMs }) => ({ sentAt: sentMs, acknowledgedAt: acknowledgedMs })),
    ),
    openThere: openThere.sort(),
  }
}

export function fateOf(record: Sent, changes: readonly Change[]): 'owed' | 'foreign' | 'open' {
  const before = changes.findLast(({ answeredMs }) => answeredMs <= record.sentMs)
  const during = changes.filter(
    ({ calledMs, answeredMs }) => answeredMs > record.sentMs && calledMs < record.acknowledgedMs,
  )
  const possible = new Set([before?.attached ?? false, ...during.map(({ attached }) => attached)])
  if (possible.size > 1) return 'open'
  return possible.has(true) ? 'owed' : 'foreign'
}
