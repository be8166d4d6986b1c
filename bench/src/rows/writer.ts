import { toPartition } from '@roomlog/journal'
import { age, empty } from '@roomlog/journal/testing'
import { createRecordSource, roomsOf } from '../generator/records.ts'
import { type Database, openDatabase, pointFirstVersionAt, undeliver } from '../measure/database.ts'
import { treeCpuSeconds } from '../measure/proc.ts'
import { median } from '../measure/statistics.ts'
import { cloudWatchLogsUsd, firehoseUsd, s3Usd } from '../report/prices.ts'
import { KINDS, type Kind } from '../server/ledger.ts'
import { type Bench, ROOMS, START_MS } from './bench.ts'
import { type Drain, drain, type Filled } from './drain.ts'
import { fillJournal } from './fill.ts'
import type { Row, RowName } from './row.ts'

/** Older than any flush window, younger than what is trimmed. */
export const BACKLOG_AGE_MS = 6 * 60_000
/** Old enough to be trimmed. */
const TRIM_AGE_MS = 11 * 60_000
const MILLION = 1_000_000

const SINGLE = { 'writer.s3': 's3', 'writer.cloudwatch': 'cloudWatchLogs', 'writer.firehose': 'firehose' } as const
type SingleName = keyof typeof SINGLE

/** The writer with one destination, each row on the same records. */
export async function measureSingleWriters(
  bench: Bench,
  names: readonly SingleName[],
  done: (row: Row) => void,
): Promise<void> {
  const database = await openDatabase(bench.postgres, 'bench_single')
  try {
    const filled = await fill(bench, database, 1)
    for (const name of names) {
      const kind = SINGLE[name]
      await pointFirstVersionAt(database.pool, kind)
      const drains: Drain[] = []
      for (let run = 1; run <= bench.runs; run++) {
        bench.progress(`${name}: run ${run} of ${bench.runs}`)
        await undeliver(database.pool, BACKLOG_AGE_MS)
        drains.push(await drain(bench, database, { kinds: [kind], filled, profile: name }))
      }
      done(rowOf(name, drains, filled, [kind]))
    }
  } finally {
    await database.close()
  }
}

/** The writer with all three destinations, and what Postgres did meanwhile: append, reads of three lanes, trim. */
export async function measureAllDestinations(bench: Bench, done: (row: Row) => void): Promise<void> {
  const database = await openDatabase(bench.postgres, 'bench_all')
  try {
    const drains: Drain[] = []
    const postgres: { append: number; deliver: number; trim: number }[] = []
    let filled: Filled | undefined
    for (let run = 1; run <= bench.runs; run++) {
      bench.progress(`writer.all and journal.postgres: run ${run} of ${bench.runs}`)
      await empty(database.pool)
      const before = treeCpuSeconds(bench.postgres.pid)
      filled = await fill(bench, database, 3)
      const append = treeCpuSeconds(bench.postgres.pid) - before
      await undeliver(database.pool, BACKLOG_AGE_MS)
      const drained = await drain(bench, database, { kinds: KINDS, filled, profile: 'writer.all' })
      drains.push(drained)
      postgres.push({ append, deliver: drained.postgresCpuSeconds, trim: await trim(bench, database) })
    }
    if (!filled) return
    done(rowOf('writer.all', drains, filled, KINDS))
    const scale = MILLION / filled.records
    const each = (of: (run: { append: number; deliver: number; trim: number }) => number) =>
      median(postgres.map(of)) * scale
    done({
      name: 'journal.postgres',
      records: filled.records,
      runs: bench.runs,
      cpuSecondsPerMillion: each(({ append, deliver, trim }) => append + deliver + trim),
      details: {
        append: each(({ append }) => append),
        deliver: each(({ deliver }) => deliver),
        trim: each(({ trim }) => trim),
      },
    })
  } finally {
    await database.close()
  }
}

/** Fills the database's journal with the records of this run. */
export async function fill(
  bench: Bench,
  database: Database,
  versions: 1 | 3,
  { records, rooms }: { readonly records: number; readonly rooms: number } = { records: bench.records, rooms: ROOMS },
): Promise<Filled> {
  bench.progress(`filling a journal with ${records} records`)
  const source = createRecordSource({ seed: bench.seed, rooms: roomsOf(bench.seed, rooms), startMs: START_MS })
  await fillJournal(database.journal, source, { records, versions })
  return { records, bytes: source.bytes, digest: source.ids.digest }
}

/** Medians of several drains as a row. */
export function rowOf(name: RowName, drains: readonly Drain[], filled: Filled, kinds: readonly Kind[]): Row {
  const { records } = filled
  const of = (value: (drain: Drain) => number) => median(drains.map(value))
  const scale = MILLION / records
  const sizeOfLevel6 = drains[0]?.sizeOfLevel6
  const requests = (drain: Drain) => Object.values(drain.requests).reduce((sum, count) => sum + count, 0)
  return {
    name,
    records,
    runs: drains.length,
    cpuSecondsPerMillion: of(({ cpuSeconds }) => cpuSeconds) * scale,
    recordsPerSecond: records / of(({ seconds }) => seconds),
    rssMb: of(({ rssMb }) => rssMb),
    requestsPerMillion: of(requests) * scale,
    bytesPerMillion: of(({ bytes }) => bytes) * scale,
    usdPerMillion: of((drain) => usd(drain, filled, kinds)) * scale,
    details: {
      ...(sizeOfLevel6 === undefined ? {} : { sizeOfLevel6 }),
      startCpuSeconds: of(({ startCpuSeconds }) => startCpuSeconds),
      postgresCpuSecondsPerMillion: of(({ postgresCpuSeconds }) => postgresCpuSeconds) * scale,
      serverCpuSecondsPerMillion: of(({ serverCpuSeconds }) => serverCpuSeconds) * scale,
    },
  }
}

function usd({ requests, firehoseBilledBytes }: Drain, filled: Filled, kinds: readonly Kind[]): number {
  return (
    s3Usd(requests['PutObject'] ?? 0) +
    (kinds.includes('cloudWatchLogs') ? cloudWatchLogsUsd(filled) : 0) +
    firehoseUsd(firehoseBilledBytes)
  )
}

async function trim(bench: Bench, { pool, journal }: Database): Promise<number> {
  await age(pool, TRIM_AGE_MS)
  const before = treeCpuSeconds(bench.postgres.pid)
  for (let n = 0; n < journal.partitions; n++) {
    while ((await journal.trim(toPartition(n), { keepMs: TRIM_AGE_MS - 60_000 })) > 0);
  }
  return treeCpuSeconds(bench.postgres.pid) - before
}
