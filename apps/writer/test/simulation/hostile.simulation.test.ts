import { expect, it } from 'vitest'
import { Census } from './census.ts'
import { isWholeSweep, sweep } from './simulate.ts'
import { restoring, stealing, usual } from './steps.ts'

const timeout = 3_600_000

it('a database restored to an older state repeats nothing in S3', { timeout }, async () => {
  const census = new Census()
  await sweep(0.25, restoring, census)
  // Objects are read back where another history stands in the way.
  if (isWholeSweep) expect(census.of('crashed s3 before recall')).toBeGreaterThan(0)
})

it('two writers that both believe to hold a partition repeat nothing in S3, and elsewhere only what is counted', {
  timeout,
}, async () => {
  await sweep(0.15, stealing, new Census())
})

it('effects and reads that come later than a read-back waits repeat only what is counted', { timeout }, async () => {
  const census = new Census()
  await sweep(0.2, usual, census, { readLagMs: 8_000, lateMs: 8_000 })
  if (isWholeSweep) expect(census.of('cloudWatchLogs repeated')).toBeGreaterThan(0)
})
