export const ROW_NAMES = [
  'calibration.gzip6',
  'writer.s3',
  'writer.cloudwatch',
  'writer.firehose',
  'writer.all',
  'journal.postgres',
  'api.batch',
  'api.single',
  'delay',
  'start',
  'growth.rooms',
  'growth.idle',
  'isolation',
  'backlog',
] as const
export type RowName = (typeof ROW_NAMES)[number]

/** What one row of the benchmark came to: medians of its runs. */
export type Row = {
  readonly name: RowName
  readonly records: number
  readonly runs: number
  /** Of the process that the row is about, user and system. */
  readonly cpuSecondsPerMillion?: number
  readonly recordsPerSecond?: number
  /** Most that the process had resident. */
  readonly rssMb?: number
  /** That changed something: retried steps and questions included. */
  readonly requestsPerMillion?: number
  /** Request bodies on the wire. */
  readonly bytesPerMillion?: number
  readonly usdPerMillion?: number
  readonly details?: Readonly<Record<string, number>>
}
