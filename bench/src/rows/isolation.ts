import type { Kind } from '../server/ledger.ts'
import type { Bench } from './bench.ts'
import { type DelayRun, runSteady } from './delay.ts'
import type { Row } from './row.ts'

const PLAN = { seconds: 15, perSecond: 1_000, flushSeconds: 5 }
const SICK: Kind = 'firehose'

/** Delays of two healthy destinations while the third gives no answer, over those with all three healthy. */
export async function measureIsolation(bench: Bench, done: (row: Row) => void): Promise<void> {
  bench.progress('isolation: all healthy')
  const well = await runSteady(bench, { ...PLAN, name: 'isolation.well', hang: [] })
  bench.progress(`isolation: ${SICK} hangs`)
  const sick = await runSteady(bench, { ...PLAN, name: 'isolation.sick', hang: [SICK] })
  const ratio = (kind: Kind, of: 'p50' | 'p99') => delayOf(sick, kind)[of] / delayOf(well, kind)[of]
  done({
    name: 'isolation',
    records: sick.records,
    runs: 1,
    rssMb: sick.rssMb,
    details: {
      cloudWatchLogsP50Ratio: ratio('cloudWatchLogs', 'p50'),
      cloudWatchLogsP99Ratio: ratio('cloudWatchLogs', 'p99'),
      s3P50Ratio: ratio('s3', 'p50'),
      s3P99Ratio: ratio('s3', 'p99'),
    },
  })
}

function delayOf({ delays }: DelayRun, kind: Kind) {
  const delay = delays[kind]
  if (!delay) throw new Error(`${kind} got nothing`)
  return delay
}
