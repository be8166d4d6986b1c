import { expect, it } from 'vitest'
import { Census } from './census.ts'
import { isWholeSweep, sweep } from './simulate.ts'
import { damaging, damagingAndRestoring } from './steps.ts'

const timeout = 3_600_000

/** What the sweep must reach: objects behind whose first record the journal ends, and writers that die looking for them. */
const WANTED = [
  ...['damaged', 'set aside', 's3 listed', 's3 found in a tombstone', 's3 found beyond a tombstone'],
  ...['crashed s3 before list', 'crashed s3 after effect', 'crashed before settle', 's3 occupied'],
  'cloudWatchLogs recalled',
]

it('damage that is set aside costs its batch alone: all else arrives, in order, in S3 exactly once', {
  timeout,
}, async () => {
  const census = new Census()
  await sweep(0.3, damaging, census)
  if (isWholeSweep) expect(WANTED.filter((what) => census.of(what) === 0)).toEqual([])
})

it('nor does it repeat anything in S3 where calls take effect later than anybody waits for their answer', {
  timeout,
}, async () => {
  await sweep(0.1, damaging, new Census(), { readLagMs: 8_000, lateMs: 8_000 })
})

it('nor with a database restored to an older state', { timeout }, async () => {
  await sweep(0.1, damagingAndRestoring, new Census())
})
