import type { RoomId } from '@roomlog/domain'
import { type Journal, toPartition } from '@roomlog/journal'
import { empty } from '@roomlog/journal/testing'
import { roomsOf } from '../generator/records.ts'
import { startApi } from '../measure/apps.ts'
import { addRooms, type Database, openDatabase } from '../measure/database.ts'
import { cpuSecondsOf, peakMemoryMb } from '../measure/proc.ts'
import { median } from '../measure/statistics.ts'
import { runLoad } from './api-load.ts'
import { type Bench, ROOMS } from './bench.ts'
import type { Row } from './row.ts'

const MILLION = 1_000_000
const BATCH = { perCall: 500, connections: 4 }
const SINGLE = { perCall: 1, connections: 64 }
/** Sent before anything is measured: an api does not run for a second in production. */
const WARM_UP_SHARE = 0.1

type ApiRun = { cpu: number; records: number; calls: number; seconds: number; rss: number; p50: number; p99: number }

/** The api under load: everything it acknowledged is in the journal. */
export async function measureApi(
  bench: Bench,
  name: 'api.batch' | 'api.single',
  done: (row: Row) => void,
): Promise<void> {
  const shape = name === 'api.batch' ? BATCH : SINGLE
  const messages = name === 'api.batch' ? bench.records : Math.min(bench.records, bench.quick ? 8_000 : 100_000)
  const calls = Math.ceil(messages / shape.perCall)
  const rooms = roomsOf(bench.seed, ROOMS)
  const database = await openDatabase(bench.postgres, 'bench_api')
  try {
    await addRooms(database.pool, rooms)
    const runs: ApiRun[] = []
    for (let run = 1; run <= bench.runs; run++) {
      bench.progress(`${name}: run ${run} of ${bench.runs}`)
      await empty(database.pool)
      runs.push(await measureRun(bench, database, rooms, { name, calls, ...shape }))
    }
    const of = (value: (run: ApiRun) => number) => median(runs.map(value))
    done({
      name,
      records: messages,
      runs: bench.runs,
      cpuSecondsPerMillion: of(({ cpu, records }) => (cpu / records) * MILLION),
      recordsPerSecond: of(({ records, seconds }) => records / seconds),
      rssMb: of(({ rss }) => rss),
      requestsPerMillion: MILLION / shape.perCall,
      details: {
        callsPerCpuSecond: of(({ cpu, calls }) => calls / cpu),
        p50Ms: of(({ p50 }) => p50),
        p99Ms: of(({ p99 }) => p99),
      },
    })
  } finally {
    await database.close()
  }
}

async function measureRun(
  bench: Bench,
  { url, journal }: Database,
  rooms: readonly RoomId[],
  load: { readonly name: string; readonly calls: number; readonly perCall: number; readonly connections: number },
): Promise<ApiRun> {
  const { name, ...plan } = load
  const api = await startApi({
    databaseUrl: url,
    endpoint: bench.server.url,
    settings: bench.settings,
    profile: bench.profile && `${bench.profile}/${name}`,
  })
  try {
    const warmUp = await runLoad(api, rooms, {
      ...plan,
      seed: bench.seed + 1,
      calls: Math.ceil(plan.calls * WARM_UP_SHARE),
    })
    const before = cpuSecondsOf(api.pid)
    const report = await runLoad(api, rooms, { ...plan, seed: bench.seed })
    const cpu = cpuSecondsOf(api.pid) - before
    const journaled = await countJournaled(journal)
    const expected = warmUp.acknowledged + report.acknowledged
    if (journaled !== expected)
      throw new Error(`the journal has ${journaled} records of ${expected} that were acknowledged`)
    if (report.refused > 0) throw new Error(`${report.refused} messages were refused`)
    return {
      cpu,
      records: report.acknowledged,
      calls: plan.calls,
      seconds: report.seconds,
      rss: peakMemoryMb(api.pid),
      p50: report.p50Ms,
      p99: report.p99Ms,
    }
  } finally {
    await api.stop()
  }
}

async function countJournaled(journal: Journal): Promise<number> {
  const heads = await journal.heads(Array.from({ length: journal.partitions }, (_, n) => toPartition(n)))
  return [...heads.values()].reduce((sum, { head }) => sum + head, 0)
}
