import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wrongs } from './oracles.ts'
import type { Census, Fault } from './stores.ts'
import { World } from './world.ts'

const FAULTS: readonly Fault[] = ['throttled', 'refused', 'lost-before', 'lost-after', 'late']
const POINTS = [
  's3 before write',
  's3 after effect',
  's3 before recall',
  'cloudWatchLogs before write',
  'cloudWatchLogs after effect',
  'cloudWatchLogs before recall',
  'firehose before write',
  'firehose after effect',
  'before settle',
  'after settle',
  'after acquire',
  'before read',
]

/** What the sweep must reach, or its generators have drifted away from what they are for. */
const OUTCOMES = [
  's3 delivered',
  's3 occupied',
  's3 unknown',
  's3 retry',
  's3 refused',
  's3 recalled',
  'cloudWatchLogs delivered',
  'cloudWatchLogs unknown',
  'cloudWatchLogs retry',
  'cloudWatchLogs refused',
  'cloudWatchLogs recalled',
  'firehose delivered',
  'firehose unknown',
  'firehose retry',
  'firehose refused',
]

type Step = { readonly name: string; readonly run: (world: World) => void | Promise<void> }

const writer = fc.integer({ min: 0, max: 1 })
const step = (name: string, run: Step['run']): Step => ({ name, run })

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.nat(4), fc.integer({ min: 1, max: 12 }), fc.constantFrom(6, 6, 6, 0, 1, 3))
      .map(([room, count, to]) => step(`append ${room} ${count} ${to}`, (w) => w.append(room, count, to))),
  },
  {
    weight: 6,
    arbitrary: fc
      .oneof(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 900, max: 12_000 }))
      .map((ms) => step(`advance ${ms}`, (w) => w.time.advance(ms))),
  },
  { weight: 2, arbitrary: writer.map((n) => step(`crash ${n}`, (w) => w.crash(n))) },
  { weight: 4, arbitrary: writer.map((n) => step(`start ${n}`, (w) => w.start(n))) },
  { weight: 1, arbitrary: writer.map((n) => step(`pause ${n}`, (w) => w.pause(n))) },
  { weight: 1, arbitrary: writer.map((n) => step(`resume ${n}`, (w) => w.resume(n))) },
  { weight: 1, arbitrary: writer.map((n) => step(`stop ${n}`, (w) => w.stop(n))) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...POINTS).map((point) => step(`crash at ${point}`, (w) => w.crashAt(point))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(2), fc.constantFrom(...FAULTS), fc.constantFrom(0, 0.3, 1))
      .map(([kind, fault, share]) => step(`fault ${kind} ${fault} ${share}`, (w) => w.fault(kind, fault, share))),
  },
  { weight: 1, arbitrary: fc.constant(step('trim', (w) => w.trim())) },
)

const restoring: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: anyStep },
  { weight: 1, arbitrary: fc.constant(step('backup', (w) => w.backup())) },
  { weight: 1, arbitrary: fc.constant(step('restore', (w) => w.restore())) },
)

// The same runs every time, so that a change is judged by them; a longer mode draws others.
const runs = Number(process.env['ROOMLOG_SIMULATION_RUNS'] ?? 300)
const seed = Number(process.env['ROOMLOG_SIMULATION_SEED'] ?? 20_261_122)
const options = { numRuns: runs, seed }

/** What all runs together have reached. */
const reached: Census = new Map()

async function simulate(worldSeed: number, list: readonly Step[], how: { readonly restored: boolean }): Promise<World> {
  const world = new World(worldSeed)
  world.start(0)
  for (const { run } of list) await run(world)
  await world.heal()
  world.end()
  for (const [what, times] of world.census) reached.set(what, (reached.get(what) ?? 0) + times)
  expect(wrongs(world, how)).toEqual([])
  return world
}

function steps(arbitrary: fc.Arbitrary<Step>) {
  return fc
    .array(arbitrary, { minLength: 5, maxLength: 60, size: 'max' })
    .map((list) => Object.assign(list, { [fc.toStringMethod]: () => list.map(({ name }) => name).join('; ') }))
}

describe('whatever crashes, stalls or fails', () => {
  it('every acknowledged record arrives, in order, once where that is promised', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), steps(anyStep), async (worldSeed, list) => {
        await simulate(worldSeed, list, { restored: false })
      }),
      options,
    )
  })

  it('a database restored to an older state repeats nothing in S3', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), steps(restoring), async (worldSeed, list) => {
        await simulate(worldSeed, list, { restored: true })
      }),
      options,
    )
  })

  it('the same seed and steps give the same trace', async () => {
    const [list] = fc.sample(steps(restoring), { numRuns: 1, seed: 7 })
    const traces = []
    for (let n = 0; n < 2; n++) traces.push((await simulate(7, list ?? [], { restored: true })).trace())
    expect(traces[0]).not.toBe('')
    expect(traces[1]).toBe(traces[0])
  })

  it.skipIf(runs < 300)('the runs above have crashed at every named point and met every outcome', () => {
    const wanted = [...POINTS.map((point) => `crashed ${point}`), ...OUTCOMES]
    expect(wanted.filter((what) => !reached.has(what))).toEqual([])
  })
})
