import { count } from '../demo/report.ts'
import { type Answers, type Bounds, brokenIn, inMebibytes, type Seen } from './judge.ts'

export type Line = { readonly row: string; readonly what: string; readonly bounds: Bounds; readonly seen: Seen }

const HEADER = [
  'Row',
  'What was tried',
  'Tried',
  'Other account',
  'p99',
  '/healthz',
  'p99',
  'Loop held at most',
  'Api at most',
  'Verdict',
]
const REASONS_MAX = 8
const TO_THE_LEFT = new Set([0, 1, 9])

/** The table, then what did not hold and what else is worth telling. */
export function report(lines: readonly Line[]): string {
  const rows = lines.map(({ row, what, bounds, seen }) => [
    row,
    what,
    count(seen.tried),
    share(seen.neighbour.sends),
    milliseconds(seen.neighbour.sends.p99Ms),
    share(seen.neighbour.health),
    milliseconds(seen.neighbour.health.p99Ms),
    milliseconds(seen.neighbour.health.longestMs),
    seen.apiBytesMax === undefined ? '-' : inMebibytes(seen.apiBytesMax),
    brokenIn(seen, bounds).length === 0 ? 'held' : 'NOT HELD',
  ])
  const widths = HEADER.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const text = (cells: readonly string[]): string => {
    const padded = cells.map((cell, column) => {
      const width = widths[column] ?? 0
      return TO_THE_LEFT.has(column) ? cell.padEnd(width) : cell.padStart(width)
    })
    return `  ${padded.join('  ')}`.trimEnd()
  }
  const remarks = lines.flatMap(({ row, bounds, seen }) => [
    ...shortened(brokenIn(seen, bounds)).map((problem) => `  ${row} not held: ${problem}`),
    ...seen.notes.map((note) => `  ${row}: ${note}`),
  ])
  return [text(HEADER), text(widths.map((width) => '-'.repeat(width))), ...rows.map(text), '', ...remarks].join('\n')
}

/** The first of many reasons, and how many more there are. */
export function shortened(reasons: readonly string[]): readonly string[] {
  if (reasons.length <= REASONS_MAX) return reasons
  return [...reasons.slice(0, REASONS_MAX), `and ${count(reasons.length - REASONS_MAX)} more`]
}

/** The same for programs; `reasons` are why it did not hold, `broken` those of them that are of the row itself. */
export function reportJson(lines: readonly Line[]): string {
  const rows = lines.map(({ row, what, bounds, seen }) => {
    const reasons = brokenIn(seen, bounds)
    return { row, what, held: reasons.length === 0, reasons, ...seen }
  })
  return `${JSON.stringify({ rows }, undefined, 2)}\n`
}

function share({ answered, asked }: Answers): string {
  return `${count(answered)}/${count(asked)}`
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? '-' : `${count(Math.round(ms))} ms`
}
