import { measureApi } from './rows/api.ts'
import { measureBacklog } from './rows/backlog.ts'
import type { Bench } from './rows/bench.ts'
import { measureCalibration } from './rows/calibration.ts'
import { measureDelay } from './rows/delay.ts'
import { measureIdle, measureRooms } from './rows/growth.ts'
import { measureIsolation } from './rows/isolation.ts'
import { ROW_NAMES, type Row, type RowName } from './rows/row.ts'
import { measureStart } from './rows/start.ts'
import { measureAllDestinations, measureSingleWriters } from './rows/writer.ts'

/** Measures what was asked for; rows that share their work are measured together. */
export async function runRows(bench: Bench, wanted: readonly RowName[]): Promise<readonly Row[]> {
  const rows: Row[] = []
  const done = (row: Row) => void rows.push(row)
  const has = (name: RowName) => wanted.includes(name)
  if (has('calibration.gzip6')) {
    bench.progress('calibration.gzip6')
    done(measureCalibration(bench))
  }
  const single = (['writer.s3', 'writer.cloudwatch', 'writer.firehose'] as const).filter(has)
  if (single.length > 0) await measureSingleWriters(bench, single, done)
  if (has('writer.all') || has('journal.postgres')) await measureAllDestinations(bench, done)
  if (has('api.batch')) await measureApi(bench, 'api.batch', done)
  if (has('api.single')) await measureApi(bench, 'api.single', done)
  if (has('delay')) await measureDelay(bench, done)
  if (has('start')) await measureStart(bench, done)
  if (has('growth.rooms')) await measureRooms(bench, done)
  if (has('growth.idle')) await measureIdle(bench, done)
  if (has('isolation')) await measureIsolation(bench, done)
  if (has('backlog')) await measureBacklog(bench, done)
  return rows.filter(({ name }) => has(name)).sort((a, b) => ROW_NAMES.indexOf(a.name) - ROW_NAMES.indexOf(b.name))
}
