import { expect, test } from 'vitest'
import { createDatabaseClock } from './database-clock.ts'

const setUp = () => {
  const world = {
    monotonicNs: 5_000_000_000n,
    databaseUs: 1_700_000_000_000_000n,
    wallMs: 1_700_000_000_000,
    uptimeMs: 100_000,
    asked: 0,
    roundTripNs: 0n,
  }
  const lines: string[] = []
  const note = (facts: object) => void lines.push('event' in facts ? String(facts.event) : '')
  const clock = createDatabaseClock({
    databaseTimeUs: async () => {
      world.asked++
      world.monotonicNs += world.roundTripNs
      return world.databaseUs
    },
    monotonicNs: () => world.monotonicNs,
    wallMs: () => world.wallMs,
    uptimeMs: () => world.uptimeMs,
    log: { info: note, warn: note, error: note },
  })
  const advanceMs = (ms: number) => {
    world.monotonicNs += BigInt(ms) * 1_000_000n
    world.databaseUs += BigInt(ms) * 1_000n
    world.wallMs += ms
    world.uptimeMs += ms
  }
  const next = (count?: number) => clock.nextNs(count) ?? expect.fail('no time was given')
  /** As its owner calls it, every second. */
  const follow = async (seconds: number) => {
    for (let n = 0; n < seconds; n++) {
      advanceMs(1_000)
      await clock.follow()
    }
  }
  return { world, clock, advanceMs, next, follow, lines }
}

test('the time is the database time, whatever the wall clock says', async () => {
  const { world, clock, advanceMs } = setUp()
  world.wallMs += 3_000
  await clock.sample()
  advanceMs(1_234)
  expect(clock.nowMs()).toBe(1_700_000_001_234)
  expect(clock.wallAheadMs()).toBe(3_000)
})

test('times given out strictly increase, also when nothing moves or the database steps back', async () => {
  const { world, clock, next } = setUp()
  await clock.sample()
  const first = next()
  expect(next()).toBe(first + 1n)
  world.databaseUs -= 5_000_000n
  await clock.sample()
  expect(next()).toBe(first + 2n)
})

test('times that were taken in a row are given to nobody else', async () => {
  const { clock, next } = setUp()
  await clock.sample()
  const first = next(500)
  expect(next()).toBe(first + 500n)
})

test('a small difference is slewed away', async () => {
  const { world, clock, advanceMs } = setUp()
  await clock.sample()
  world.databaseUs += 100_000n
  await clock.sample()
  expect(clock.nowMs()).toBe(1_700_000_000_000)
  advanceMs(5_000)
  expect(clock.nowMs()).toBe(1_700_000_005_050)
  advanceMs(5_000)
  expect(clock.nowMs()).toBe(1_700_000_010_100)
})

test('a database that is 26 hours ahead for ten seconds is not followed, and said in one line', async () => {
  const { world, clock, next, follow, lines } = setUp()
  await clock.sample()
  world.databaseUs += 93_600_000_000n
  await follow(10)
  expect([clock.sure(), clock.doubt()]).toEqual([false, expect.stringContaining('93600.0 s ahead')])
  expect(next() / 1_000_000n).toBe(1_700_000_010_000n)
  world.databaseUs -= 93_600_000_000n
  await follow(10)
  expect([clock.sure(), clock.doubt()]).toEqual([true, undefined])
  expect(next() / 1_000_000n).toBe(1_700_000_020_000n)
  expect(lines).toEqual(['clock.doubted', 'clock.believed'])
})

test('while nobody can say what time it is, none is given out', async () => {
  const { world, clock, follow, lines } = setUp()
  await clock.sample()
  world.databaseUs += 93_600_000_000n
  world.wallMs += 3_600_000
  await follow(20)
  expect([clock.nextNs(), clock.sure()]).toEqual([undefined, false])
  expect(lines).toEqual(['clock.doubted'])
})

test('nor before database and wall clock have once agreed', async () => {
  const { world, clock, next, follow } = setUp()
  world.wallMs += 6_000
  await clock.sample()
  expect([clock.nextNs(), clock.sure()]).toEqual([undefined, false])
  world.wallMs -= 6_000
  await follow(2)
  expect(next() / 1_000_000n).toBe(1_700_000_002_000n)
})

test('a time that two wrong clocks agreed on does not stay: once the step back is believed, times fall with it', async () => {
  const { world, clock, next, follow } = setUp()
  world.databaseUs += 93_600_000_000n
  world.wallMs += 93_600_000
  await clock.sample()
  next()
  world.databaseUs -= 93_600_000_000n
  world.wallMs -= 93_600_000
  await follow(80)
  expect(next() / 1_000_000n).toBe(1_700_000_080_000n)
})

test('after a step nothing is decided for a minute, until the others have believed it too', async () => {
  const { world, clock, follow } = setUp()
  await clock.sample()
  world.databaseUs += 3_600_000_000n
  world.wallMs += 3_600_000
  world.uptimeMs += 3_600_000
  await follow(1)
  expect([clock.nowMs(), clock.doubt(), clock.sure()]).toEqual([1_700_003_601_000, undefined, false])
  await follow(60)
  expect(clock.sure()).toBe(true)
})

test('an answer that took long says nothing, and is asked for again a few times', async () => {
  const { world, clock } = setUp()
  await clock.sample()
  world.roundTripNs = 2_000_000_000n
  await clock.sample()
  expect([clock.sure(), world.asked]).toEqual([true, 4])
})
