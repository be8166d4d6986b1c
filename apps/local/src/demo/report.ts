import { type Comparison, percentile } from './compare.ts'
import type { Reading } from './reading.ts'

export type DestinationResult = {
  readonly name: string
  /** Whether a record may be there only once. */
  readonly once: boolean
  readonly reading: Reading
  readonly comparison: Comparison
}

const FIRST_RECORD_WIDTH_MAX = 400

/** Why the run is not a success, in words; none if it is. */
export function problemsOf(results: readonly DestinationResult[], refusals: readonly string[]): string[] {
  const problems = results.flatMap(({ name, once, comparison }) => {
    const { missing, unknown, repeats, inOrder } = comparison
    return [
      ...(missing > 0 ? [`${name}: ${count(missing)} records are missing`] : []),
      ...(unknown > 0 ? [`${name}: ${count(unknown)} records are there that were never acknowledged`] : []),
      ...(once && repeats > 0 ? [`${name}: ${count(repeats)} repeats`] : []),
      ...(once && !inOrder ? [`${name}: a room's records are out of order`] : []),
    ]
  })
  if (refusals.length > 0) {
    problems.push(`${count(refusals.length)} requests were refused, among them: ${refusals.slice(0, 3).join('; ')}`)
  }
  return problems
}

/** The table of what was sent and what was found. */
export function table(sent: number, results: readonly DestinationResult[]): string {
  const header = ['Destination', 'Sent', 'Found', 'Repeats', 'Order', 'Delay p50', 'p99', 'Where']
  const rows = results.map(({ name, reading, comparison }) => [
    name,
    count(sent),
    count(comparison.found),
    count(comparison.repeats),
    comparison.inOrder ? 'kept' : 'not kept',
    seconds(percentile(reading.delaysMs, 0.5)),
    seconds(percentile(reading.delaysMs, 0.99)),
    reading.where,
  ])
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join('  ')}`.trimEnd()
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** The first records of each destination, as they stand there. */
export function firstRecords(results: readonly DestinationResult[]): string {
  return results
    .flatMap(({ name, reading }) => [`First records in ${name}:`, ...reading.first.map((line) => `  ${shorten(line)}`)])
    .join('\n')
}

export function count(value: number): string {
  return value.toLocaleString('en-US')
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '-' : `${(ms / 1000).toFixed(1)} s`
}

function shorten(line: string): string {
  return line.length <= FIRST_RECORD_WIDTH_MAX ? line : `${line.slice(0, FIRST_RECORD_WIDTH_MAX)} ...`
}

// Numbers (columns 1, 2, 3, 5, 6) stand to the right.
function pad(cell: string, width: number, column: number): string {
  return [1, 2, 3, 5, 6].includes(column) ? cell.padStart(width) : cell.padEnd(width)
}
