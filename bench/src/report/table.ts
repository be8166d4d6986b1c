import type { Machine } from '../measure/machine.ts'
import type { Row } from '../rows/row.ts'
import { type Goal, goalsOf } from './goals.ts'

type Column = { readonly title: string; readonly of: (row: Row) => string }

const COLUMNS: readonly Column[] = [
  { title: 'row', of: ({ name }) => name },
  { title: 'CPU s/M', of: ({ cpuSecondsPerMillion }) => fixed(cpuSecondsPerMillion, 2) },
  { title: 'records/s', of: ({ recordsPerSecond }) => fixed(recordsPerSecond, 0) },
  { title: 'RSS MB', of: ({ rssMb }) => fixed(rssMb, 0) },
  { title: 'requests/M', of: ({ requestsPerMillion }) => fixed(requestsPerMillion, 0) },
  {
    title: 'MB/M',
    of: ({ bytesPerMillion }) => fixed(bytesPerMillion === undefined ? undefined : bytesPerMillion / 1e6, 0),
  },
  { title: 'USD/M', of: ({ usdPerMillion }) => fixed(usdPerMillion, 3) },
]

/** For people: a line a row, then what else was measured, and the goals. */
export function renderTable(machine: Machine, rows: readonly Row[]): string {
  const calibration = rows.find(({ name }) => name === 'calibration.gzip6')?.cpuSecondsPerMillion
  const cells = [COLUMNS.map(({ title }) => title), ...rows.map((row) => COLUMNS.map(({ of }) => of(row)))]
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)))
  const table = cells.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
  const notes = rows.flatMap((row) => notesOf(row, goalsOf(row, calibration)))
  const { cpu, cores, memoryGb, platform, node, date, load } = machine
  const where = `${date}, ${cpu}, ${cores} cores, ${memoryGb} GB, ${platform}, Node ${node}, load ${load} at the start`
  const scale =
    calibration === undefined
      ? 'Goals are not scaled: calibration.gzip6 was not measured.'
      : 'Goals of CPU are scaled by calibration.gzip6 / 7.6.'
  return [where, '', ...table, '', ...notes, '', scale, 'M: a million records.'].join('\n')
}

function notesOf({ name, details }: Row, goals: readonly Goal[]): string[] {
  const facts = Object.entries(details ?? {}).map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`)
  return [
    ...goals.map(({ text, met }) => `${met ? 'met   ' : 'MISSED'}  ${name}: ${text}`),
    ...(facts.length === 0 ? [] : [`        ${name}: ${facts.join(', ')}`]),
  ]
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined
    ? ''
    : value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
