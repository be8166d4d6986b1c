import type { LoadPoint } from '../report/picture.ts'
import { KINDS } from '../server/ledger.ts'
import type { Bench } from './bench.ts'
import { runSteady } from './delay.ts'

const LOADS = [250, 500, 1_000, 2_000, 4_000, 8_000, 12_000]
const LOADS_QUICK = [500, 2_000]
const SECONDS = 15
const SECONDS_QUICK = 5
const FLUSH_SECONDS = 5
/** A call for every message would measure HTTP. */
const PER_CALL = 20

/** Delay and throughput at growing loads, until the api can take no more. */
export async function measureLoads(
  bench: Bench,
): Promise<{ readonly points: readonly LoadPoint[]; readonly flushSeconds: number }> {
  const points: LoadPoint[] = []
  for (const perSecond of bench.quick ? LOADS_QUICK : LOADS) {
    bench.progress(`picture: ${perSecond} messages a second`)
    const run = await runSteady(bench, {
      name: `load.${perSecond}`,
      seconds: bench.quick ? SECONDS_QUICK : SECONDS,
      perSecond,
      perCall: PER_CALL,
      flushSeconds: FLUSH_SECONDS,
      hang: [],
    })
    const delays = KINDS.map((kind) => ({ kind, p50: run.delays[kind]?.p50 ?? 0, p99: run.delays[kind]?.p99 ?? 0 }))
    points.push({ perSecond, acknowledgedPerSecond: run.acknowledgedPerSecond, delays })
  }
  return { points, flushSeconds: FLUSH_SECONDS }
}
