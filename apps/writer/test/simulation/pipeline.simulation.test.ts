import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wrongs } from './oracles.ts'
import type { Fault } from './stores.ts'
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

const runs = Number(process.env['ROOMLOG_SIMULATION_RUNS'] ?? 150)
const seed = process.env['ROOMLOG_SIMULATION_SEED']
const options = { numRuns: runs, ...(seed !== undefined && { seed: Number(seed) }) }

async function simulate(
  worldSeed: number,
  steps: readonly Step[],
  how: { readonly restored: boolean },
): Promise<string[]> {
  const world = new World(worldSeed)
  world.start(0)
  for (const { run } of steps) await run(world)
  await world.heal()
  await world.end()
  return wrongs(world, how)
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
        expect(await simulate(worldSeed, list, { restored: false })).toEqual([])
      }),
      options,
    )
  })

  it('a database restored to an older state repeats nothing in S3', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), steps(restoring), async (worldSeed, list) => {
        expect(await simulate(worldSeed, list, { restored: true })).toEqual([])
      }),
      options,
    )
  })
})
