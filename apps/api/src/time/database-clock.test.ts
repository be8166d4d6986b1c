import { expect, test } from 'vitest'
import { createDatabaseClock } from './database-clock.ts'

const setUp = () => {
  const world = { monotonicNs: 5_000_000_000n, databaseUs: 1_700_000_000_000_000n, wallMs: 1_700_000_000_000 }
  const clock = createDatabaseClock({
    databaseTimeUs: async () => world.databaseUs,
    monotonicNs: () => world.monotonicNs,
    wallMs: () => world.wallMs,
  })
  const advanceMs = (ms: number) => {
    world.monotonicNs += BigInt(ms) * 1_000_000n
    world.databaseUs += BigInt(ms) * 1_000n
    world.wallMs += ms
  }
  return { world, clock, advanceMs }
}

test('the time is the database time, whatever the wall clock says', async () => {
  const { world, clock, advanceMs } = setUp()
  world.wallMs += 3_000
  await clock.sample()
  advanceMs(1_234)
  expect(clock.nowMs()).toBe(1_700_000_001_234)
  expect(clock.aheadMs()).toBe(3_000)
})

test('times given out strictly increase, also when nothing moves or the database steps back', async () => {
  const { world, clock } = setUp()
  await clock.sample()
  const first = clock.nextNs()
  expect(clock.nextNs()).toBe(first + 1n)
  world.databaseUs -= 5_000_000n
  await clock.sample()
  expect(clock.nextNs()).toBe(first + 2n)
})

test('times that were taken in a row are given to nobody else', async () => {
  const { clock } = setUp()
  await clock.sample()
  const first = clock.nextNs(500)
  expect(clock.nextNs()).toBe(first + 500n)
})

test('a small difference is slewed away and a large one is taken at once', async () => {
  const { world, clock, advanceMs } = setUp()
  await clock.sample()
  world.databaseUs += 100_000n
  await clock.sample()
  expect(clock.nowMs()).toBe(1_700_000_000_000)
  advanceMs(5_000)
  expect(clock.nowMs()).toBe(1_700_000_005_050)
  advanceMs(5_000)
  expect(clock.nowMs()).toBe(1_700_000_010_100)
  world.databaseUs += 3_000_000n
  await clock.sample()
  expect(clock.nowMs()).toBe(1_700_000_013_100)
})
