import { isDrained } from '@roomlog/journal/testing'
import { roomsOf } from '../generator/records.ts'
import { type App, startApi, startWriter } from '../measure/apps.ts'
import { addRooms, openDatabase } from '../measure/database.ts'
import { cpuSecondsOf, peakMemoryMb } from '../measure/proc.ts'
import { percentile } from '../measure/statistics.ts'
import { until } from '../measure/wait.ts'
import { KINDS, type Kind } from '../server/ledger.ts'
import { runLoad } from './api-load.ts'
import { type Bench, PATIENCE_MS, ROOMS } from './bench.ts'
import type { Row } from './row.ts'

const MILLION = 1_000_000
const PER_SECOND = 1_000
const CONNECTIONS = 64
/** Both apps start and compile before anything counts. */
const WARM_UP_SECONDS = 4
const START_SECONDS = 3

export type DelayRun = {
  readonly records: number
  /** What the api acknowledged, which is less than asked for where it is not fast enough. */
  readonly acknowledgedPerSecond: number
  readonly writerCpuSeconds: number
  readonly apiCpuSeconds: number
  readonly rssMb: number
  readonly requests: number
  readonly bytes: number
  /** s, by destination; none for one that hangs. */
  readonly delays: Partial<Record<Kind, { readonly p50: number; readonly p99: number }>>
}

/** The whole way at a steady pace: from SendTime to the last byte of the request that brings a record. */
export async function measureDelay(bench: Bench, done: (row: Row) => void): Promise<void> {
  bench.progress('delay: a steady load through api and writer')
  const flushSeconds = bench.quick ? 5 : 60
  const run = await runSteady(bench, {
    name: 'delay',
    flushSeconds,
    seconds: bench.quick ? 10 : 60,
    perSecond: PER_SECOND,
    hang: [],
  })
  const { s3, cloudWatchLogs, firehose } = run.delays
  if (!s3 || !cloudWatchLogs || !firehose) throw new Error('a destination got nothing')
  done({
    name: 'delay',
    records: run.records,
    runs: 1,
    cpuSecondsPerMillion: (run.writerCpuSeconds / run.records) * MILLION,
    recordsPerSecond: PER_SECOND,
    rssMb: run.rssMb,
    requestsPerMillion: (run.requests / run.records) * MILLION,
    bytesPerMillion: (run.bytes / run.records) * MILLION,
    details: {
      cloudWatchLogsP50: cloudWatchLogs.p50,
      cloudWatchLogsP99: cloudWatchLogs.p99,
      firehoseP50: firehose.p50,
      firehoseP99: firehose.p99,
      s3P50: s3.p50,
      s3P99: s3.p99,
      s3P99PastWindow: s3.p99 - flushSeconds,
      flushSeconds,
      apiCpuSecondsPerMillion: (run.apiCpuSeconds / run.records) * MILLION,
    },
  })
}

/** One steady load, with some destinations hanging if told so. */
export async function runSteady(
  bench: Bench,
  plan: {
    readonly name: string
    readonly seconds: number
    /** Messages. */
    readonly perSecond: number
    /** Messages in one call; 1 is `chat.sendMessage`. */
    readonly perCall?: number
    readonly flushSeconds: number
    readonly hang: readonly Kind[]
  },
): Promise<DelayRun> {
  const { server, postgres, seed } = bench
  const { perCall = 1 } = plan
  const rooms = roomsOf(seed, ROOMS)
  const database = await openDatabase(postgres, 'bench_delay')
  const settings = { ...bench.settings, ROOMLOG_S3_FLUSH_SECONDS: String(plan.flushSeconds) }
  const common = { databaseUrl: database.url, endpoint: server.url, settings }
  const profileOf = (app: string) => bench.profile && `${bench.profile}/${plan.name}.${app}`
  const sinceMs = Date.now() + (START_SECONDS + WARM_UP_SECONDS) * 1_000
  const started: App[] = []
  const start = async (app: Promise<App>) => {
    const running = await app
    started.push(running)
    return running
  }
  try {
    await addRooms(database.pool, rooms)
    await server.reset({ delaysSinceMs: sinceMs, hang: plan.hang })
    const writer = await start(startWriter({ ...common, profile: profileOf('writer') }))
    const api = await start(startApi({ ...common, profile: profileOf('api') }))
    const before = { writer: cpuSecondsOf(writer.pid), api: cpuSecondsOf(api.pid) }
    const report = await runLoad(api, rooms, {
      seed,
      connections: CONNECTIONS,
      perCall,
      calls: Math.ceil(((START_SECONDS + WARM_UP_SECONDS + plan.seconds) * plan.perSecond) / perCall),
      callsPerSecond: plan.perSecond / perCall,
    })
    const apiCpuSeconds = cpuSecondsOf(api.pid) - before.api
    const healthy = KINDS.filter((kind) => !plan.hang.includes(kind))
    await until('all is delivered', PATIENCE_MS, async () => {
      if (plan.hang.length === 0) return isDrained(database.pool)
      const came = await server.check()
      return healthy.every((kind) => came[kind].records >= report.acknowledged)
    })
    const writerCpuSeconds = cpuSecondsOf(writer.pid) - before.writer
    const counts = await server.counts()
    const checked = await server.check()
    const delays: DelayRun['delays'] = {}
    for (const kind of healthy) {
      const { records, digest, delaysMs } = checked[kind]
      if (records !== report.acknowledged || digest !== report.digest) {
        throw new Error(`${kind} got ${records} records of ${report.acknowledged} that were acknowledged`)
      }
      delays[kind] = { p50: percentile(delaysMs, 0.5) / 1_000, p99: percentile(delaysMs, 0.99) / 1_000 }
    }
    return {
      records: report.acknowledged,
      acknowledgedPerSecond: report.acknowledged / report.seconds,
      writerCpuSeconds,
      apiCpuSeconds,
      rssMb: peakMemoryMb(writer.pid),
      requests: KINDS.reduce((sum, kind) => sum + sumOf(counts[kind].requests), 0),
      bytes: KINDS.reduce((sum, kind) => sum + counts[kind].bytes, 0),
      delays,
    }
  } finally {
    for (const app of started.toReversed()) await app.stop()
    await database.close()
  }
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
