import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BelievedTime, believedNs, hearTime, type TimeVerdict, timeDoubt } from './believed-time.ts'

const START_MS = 1_700_000_000_000
const HOUR_MS = 3_600_000

/** A world in which every clock is right until it is moved, and one process that hears them. */
function aWorld(options: { readonly trustDatabase?: boolean } = {}) {
  const off = { database: 0, wall: 0 }
  let runMs = 5_000
  let suspendedMs = 0
  let time: BelievedTime | undefined
  const ns = (ms: number) => BigInt(Math.round(ms * 1_000)) * 1_000n
  const truthMs = () => START_MS + runMs + suspendedMs
  const hear = (): TimeVerdict => {
    const databaseNs = ns(truthMs() + off.database)
    const uptimeMs = runMs + suspendedMs
    time = hearTime(time, { monotonicNs: ns(runMs), databaseNs, wallMs: truthMs() + off.wall, uptimeMs }, options)
    return time.verdict
  }
  const known = () => {
    if (time === undefined) throw new Error('nothing was heard')
    return time
  }
  return {
    off,
    hear,
    known,
    suspend: (ms: number) => {
      suspendedMs += ms
    },
    /** Lets time pass, heard every ten seconds. */
    run: (ms: number): TimeVerdict => {
      for (let left = ms; left > 0; left -= 10_000) {
        runMs += Math.min(left, 10_000)
        hear()
      }
      return known().verdict
    },
    /** How far the believed time is ahead of the truth. */
    aheadMs: () => Number(believedNs(known(), ns(runMs)) / 1_000n) / 1_000 - truthMs(),
  }
}

describe('a running process', () => {
  test.each([100, -100, 250, -250])('a difference of %i ms is slewed away', (ms) => {
    const world = aWorld()
    world.hear()
    world.off.database = ms
    expect(world.hear()).toBe('sure')
    expect(world.aheadMs()).toBe(0)
    world.run(20_000)
    expect(world.aheadMs()).toBe(ms)
    expect(world.known().steps).toBe(0)
  })

  test.each([
    ['the database alone jumps', { database: 26 * HOUR_MS, wall: 0 }, 'jumped'],
    ['the database alone falls back', { database: -HOUR_MS, wall: 0 }, 'jumped'],
    ['the database jumps by little, the wall clock is far off', { database: 800, wall: HOUR_MS }, 'jumped'],
    ['the database jumps, and the wall clock elsewhere', { database: 26 * HOUR_MS, wall: HOUR_MS }, 'unknown'],
    ['both jump together', { database: 26 * HOUR_MS, wall: 26 * HOUR_MS }, 'unknown'],
    ['the wall clock alone jumps', { database: 0, wall: 26 * HOUR_MS }, 'sure'],
  ] as const)('%s: the time goes on as before', (_, off, verdict) => {
    const world = aWorld()
    world.hear()
    Object.assign(world.off, off)
    expect(world.run(10_000)).toBe(verdict)
    expect(world.aheadMs()).toBe(0)
    expect(timeDoubt(world.known()) === undefined).toBe(verdict === 'sure')
  })

  test('what jumped and came back leaves nothing behind', () => {
    const world = aWorld()
    world.hear()
    world.off.database = 26 * HOUR_MS
    world.run(10_000)
    world.off.database = 0
    expect(world.run(10_000)).toBe('sure')
    expect([world.aheadMs(), world.known().steps]).toEqual([0, 0])
  })

  test('a jump on which the wall clock agrees is believed once it has stood for a minute', () => {
    const world = aWorld()
    world.hear()
    Object.assign(world.off, { database: HOUR_MS, wall: HOUR_MS })
    expect(world.run(60_000)).toBe('unknown')
    expect(world.run(10_000)).toBe('sure')
    expect([world.aheadMs(), world.known().steps]).toEqual([HOUR_MS, 1])
  })

  test('a jump that moves on meanwhile has not stood', () => {
    const world = aWorld()
    world.hear()
    Object.assign(world.off, { database: HOUR_MS, wall: HOUR_MS })
    world.run(50_000)
    Object.assign(world.off, { database: 2 * HOUR_MS, wall: 2 * HOUR_MS })
    expect(world.run(60_000)).toBe('unknown')
    expect(world.run(10_000)).toBe('sure')
  })

  test('a jump on which the wall clock does not agree is never believed', () => {
    const world = aWorld()
    world.hear()
    world.off.database = HOUR_MS
    expect(world.run(HOUR_MS)).toBe('jumped')
    expect(world.aheadMs()).toBe(0)
  })

  test('a machine that was suspended believes the time at once', () => {
    const world = aWorld()
    world.hear()
    world.suspend(9 * HOUR_MS)
    expect(world.hear()).toBe('sure')
    expect(world.aheadMs()).toBe(0)
  })

  test('suspended with a wall clock that is set late, it believes as soon as that agrees', () => {
    const world = aWorld()
    world.hear()
    world.suspend(9 * HOUR_MS)
    world.off.wall = -9 * HOUR_MS
    expect(world.run(20_000)).toBe('jumped')
    world.off.wall = 0
    expect(world.hear()).toBe('sure')
    expect(world.aheadMs()).toBe(0)
  })
})

describe('at the start', () => {
  test.each([
    [0, 'sure'],
    [4_900, 'sure'],
    [-4_900, 'sure'],
    [5_100, 'unproven'],
    [-26 * HOUR_MS, 'unproven'],
  ] as const)('clocks that are %i ms apart: %s', (wall, verdict) => {
    const world = aWorld()
    world.off.wall = wall
    expect(world.hear()).toBe(verdict)
  })

  test('clocks that disagree are believed as soon as they have agreed once', () => {
    const world = aWorld()
    world.off.database = HOUR_MS
    world.hear()
    expect(world.run(120_000)).toBe('unproven')
    expect(timeDoubt(world.known())).toContain('ROOMLOG_CLOCK=database')
    world.off.database = 0
    expect(world.run(10_000)).toBe('sure')
    expect(world.aheadMs()).toBe(0)
  })
})

test('where the database alone is trusted, its jumps are followed at once', () => {
  const world = aWorld({ trustDatabase: true })
  world.off.wall = HOUR_MS
  expect(world.hear()).toBe('sure')
  world.off.database = 2 * HOUR_MS
  expect(world.run(10_000)).toBe('sure')
  expect(world.aheadMs()).toBe(2 * HOUR_MS)
})

const offMs = fc.oneof(fc.constant(0), fc.integer({ min: -2_000, max: 2_000 }), fc.integer({ min: -1e8, max: 1e8 }))
const happenings = fc.array(fc.record({ database: offMs, wall: offMs, runMs: fc.integer({ min: 1, max: 100_000 }) }), {
  minLength: 1,
  maxLength: 12,
})

describe('whatever the clocks do', () => {
  test('a database that has jumped for less than a minute moves the believed time by no more than clocks drift', () => {
    fc.assert(
      fc.property(offMs, offMs, fc.integer({ min: 1, max: 59_000 }), (database, wall, forMs) => {
        const world = aWorld()
        world.hear()
        Object.assign(world.off, { database, wall })
        world.run(forMs)
        expect(Math.abs(world.aheadMs())).toBeLessThanOrEqual(250)
        Object.assign(world.off, { database: 0, wall: 0 })
        world.run(10_000)
        expect(world.known().verdict).toBe('sure')
      }),
    )
  })

  test('a step is taken only to a time on which database and wall clock agree', () => {
    fc.assert(
      fc.property(happenings, (list) => {
        const world = aWorld()
        world.hear()
        for (const { database, wall, runMs } of list) {
          Object.assign(world.off, { database, wall })
          for (let left = runMs; left > 0; left -= 10_000) {
            const before = world.known().steps
            world.run(Math.min(left, 10_000))
            if (world.known().steps !== before) expect(Math.abs(wall - database)).toBeLessThanOrEqual(1_000.001)
          }
        }
      }),
    )
  })

  test('once the clocks are right they are followed within a minute and a sample', () => {
    fc.assert(
      fc.property(happenings, (list) => {
        const world = aWorld()
        world.hear()
        for (const { database, wall, runMs } of list) {
          Object.assign(world.off, { database, wall })
          world.run(runMs)
        }
        Object.assign(world.off, { database: 0, wall: 0 })
        expect(world.run(90_000)).toBe('sure')
        expect(Math.abs(world.aheadMs())).toBeLessThanOrEqual(1)
      }),
    )
  })
})
