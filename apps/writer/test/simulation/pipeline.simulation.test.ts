import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Census } from './census.ts'
import { isWholeSweep, simulate, sweep } from './simulate.ts'
import { POINTS, restoring, usual } from './steps.ts'

/** What the sweep must reach, or its generators have drifted away from what they are for. */
const WANTED = [
  ...POINTS.filter((point) => point !== 's3 before recall').map((point) => `crashed ${point}`),
  ...['delivered', 'occupied', 'unknown', 'retry', 'refused', 'recalled'].map((outcome) => `s3 ${outcome}`),
  ...['delivered', 'partial', 'unknown', 'retry', 'refused', 'recalled'].map((outcome) => `cloudWatchLogs ${outcome}`),
  ...['delivered', 'partial', 'unknown', 'retry', 'refused', 'repeated'].map((outcome) => `firehose ${outcome}`),
  ...['recorded', 'repeated', 'conflict', 'gone', 'overloaded', 'unavailable', 'unknown', 'unanswered'].map(
    (outcome) => `submit ${outcome}`,
  ),
  ...['destination.held', 'destination.recovered', 'record.buried'].map((event) => `told ${event}`),
  ...['died', 'redriven', 'trimmed', 'abandoned', 'gave up by retention', 'healed time'],
]

describe('whatever crashes, stalls, changes or fails', () => {
  const census = new Census()

  it('what was acknowledged arrives where it must, in order, once where that is promised', {
    timeout: 3_600_000,
  }, async () => {
    await sweep(0.4, usual, census)
  })

  it('the same seed and steps give the same trace', async () => {
    const [list] = fc.sample(restoring, { numRuns: 1, seed: 7 })
    const traces = []
    for (let n = 0; n < 2; n++) traces.push((await simulate(7, list ?? [], new Census())).trace())
    expect(traces[0]).not.toBe('')
    expect(traces[1]).toBe(traces[0])
  })

  it.skipIf(!isWholeSweep)('the runs have crashed at every named point and met every outcome', () => {
    expect(WANTED.filter((what) => census.of(what) === 0)).toEqual([])
  })
})
