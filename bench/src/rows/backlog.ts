import { openDatabase, undeliver } from '../measure/database.ts'
import { KINDS } from '../server/ledger.ts'
import type { Bench } from './bench.ts'
import { ROOMS } from './bench.ts'
import { drain } from './drain.ts'
import type { Row } from './row.ts'
import { BACKLOG_AGE_MS, fill, rowOf } from './writer.ts'

/** A big backlog for all three destinations: its pace, and whether memory stays flat. */
export async function measureBacklog(bench: Bench, done: (row: Row) => void): Promise<void> {
  const database = await openDatabase(bench.postgres, 'bench_backlog')
  try {
    const filled = await fill(bench, database, 3, { records: bench.backlogRecords, rooms: ROOMS })
    bench.progress(`backlog: draining ${bench.backlogRecords} records`)
    await undeliver(database.pool, BACKLOG_AGE_MS)
    const drained = await drain(bench, database, { kinds: KINDS, filled, profile: 'backlog' })
    const row = rowOf('backlog', [drained], filled, KINDS)
    const [firstHalfMb, secondHalfMb] = drained.rssHalvesMb
    done({ ...row, details: { ...row.details, firstHalfMb, secondHalfMb } })
  } finally {
    await database.close()
  }
}
