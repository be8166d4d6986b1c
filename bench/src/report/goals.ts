import type { Row, RowName } from '../rows/row.ts'

/** CPU s that `calibration.gzip6` took on the machine that the goals were set on. */
const CALIBRATION_REFERENCE = 7.6

export type Goal = {
  /** What is compared, in words. */
  readonly text: string
  readonly met: boolean
}

type Rule = {
  readonly text: string
  readonly value: (row: Row) => number | undefined
  /** `cpu`: a bound of CPU time, scaled by the calibration. `rate`: a least rate, scaled the other way. */
  readonly bound: { readonly kind: 'cpu' | 'rate' | 'fixed'; readonly at: number }
}

const atMost = (at: number): Rule => ({
  text: 'CPU s per million at most',
  value: (row) => row.cpuSecondsPerMillion,
  bound: { kind: 'cpu', at },
})
const fixed = (text: string, at: number, value: (row: Row) => number | undefined): Rule => ({
  text,
  value,
  bound: { kind: 'fixed', at },
})
const detail = (name: string) => (row: Row) => row.details?.[name]

const RULES: Readonly<Partial<Record<RowName, readonly Rule[]>>> = {
  'writer.s3': [atMost(8), fixed('of level 6 size at most', 1.015, detail('sizeOfLevel6'))],
  'writer.cloudwatch': [atMost(3.5)],
  'writer.firehose': [atMost(3)],
  'writer.all': [atMost(13)],
  'journal.postgres': [atMost(4)],
  'api.batch': [atMost(15)],
  'api.single': [
    { text: 'calls per CPU s at least', value: detail('callsPerCpuSecond'), bound: { kind: 'rate', at: 5_000 } },
  ],
  delay: [
    fixed('CloudWatch Logs p50 s at most', 0.6, detail('cloudWatchLogsP50')),
    fixed('CloudWatch Logs p99 s at most', 1.5, detail('cloudWatchLogsP99')),
    fixed('Firehose p50 s at most', 0.6, detail('firehoseP50')),
    fixed('Firehose p99 s at most', 1.5, detail('firehoseP99')),
    fixed('S3 p99 s past the flush window at most', 5, detail('s3P99PastWindow')),
  ],
  'growth.rooms': [
    fixed('CloudWatch Logs times at most', 1.5, detail('cloudWatchLogsRatio')),
    fixed('Firehose times at most', 1.5, detail('firehoseRatio')),
  ],
  'growth.idle': [fixed('times at most', 1.05, detail('ratio'))],
  backlog: [fixed('MB resident at most', 400, (row) => row.rssMb)],
  start: [
    fixed('writer ready after s at most', 1, detail('writerSeconds')),
    fixed('api ready after s at most', 1.5, detail('apiSeconds')),
  ],
}

/** What the row should reach. A goal of x CPU s means x / 7.6 times what gzip took in the same run. */
export function goalsOf(row: Row, calibration: number | undefined): readonly Goal[] {
  const speed = (calibration ?? CALIBRATION_REFERENCE) / CALIBRATION_REFERENCE
  return (RULES[row.name] ?? []).flatMap(({ text, value, bound }) => {
    const is = value(row)
    if (is === undefined) return []
    const scale = bound.kind === 'cpu' ? speed : bound.kind === 'rate' ? 1 / speed : 1
    const at = bound.at * scale
    return [{ text: `${text} ${Number(at.toPrecision(3))}`, met: bound.kind === 'rate' ? is >= at : is <= at }]
  })
}
