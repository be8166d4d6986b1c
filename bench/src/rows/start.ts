import { startApi, startWriter } from '../measure/apps.ts'
import { openDatabase } from '../measure/database.ts'
import { cpuSecondsOf } from '../measure/proc.ts'
import { median } from '../measure/statistics.ts'
import type { Bench } from './bench.ts'
import type { Row } from './row.ts'

const TIMES = 5
const TIMES_QUICK = 3

/** From the start of the process until it says that it is ready, on a database that is migrated already. */
export async function measureStart(bench: Bench, done: (row: Row) => void): Promise<void> {
  bench.progress('start: writer and api')
  const times = bench.quick ? TIMES_QUICK : TIMES
  const database = await openDatabase(bench.postgres, 'bench_start')
  const options = { databaseUrl: database.url, endpoint: bench.server.url, settings: bench.settings }
  const measure = async (start: typeof startApi) => {
    const app = await start(options)
    const cpuSeconds = cpuSecondsOf(app.pid)
    await app.stop()
    return { seconds: app.readyAfterMs / 1_000, cpuSeconds }
  }
  try {
    const writers = []
    const apis = []
    for (let time = 0; time < times; time++) {
      writers.push(await measure(startWriter))
      apis.push(await measure(startApi))
    }
    done({
      name: 'start',
      records: 0,
      runs: times,
      details: {
        writerSeconds: median(writers.map(({ seconds }) => seconds)),
        writerCpuSeconds: median(writers.map(({ cpuSeconds }) => cpuSeconds)),
        apiSeconds: median(apis.map(({ seconds }) => seconds)),
        apiCpuSeconds: median(apis.map(({ cpuSeconds }) => cpuSeconds)),
      },
    })
  } finally {
    await database.close()
  }
}
