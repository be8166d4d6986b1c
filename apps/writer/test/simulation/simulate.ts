import fc from 'fast-check'
import { expect } from 'vitest'
import { appendWrongs } from './append-oracles.ts'
import type { Census } from './census.ts'
import { deliveryWrongs } from './delivery-oracles.ts'
import type { Step } from './steps.ts'
import { type Delays, World } from './world.ts'

// The same runs every time, so that a change is judged by them; a longer mode draws others.
const asked = process.env['ROOMLOG_SIMULATION_RUNS']
const seedAsked = process.env['ROOMLOG_SIMULATION_SEED']
const pathAsked = process.env['ROOMLOG_SIMULATION_PATH']

/** Runs of a whole sweep, which the properties share out. */
export const RUNS = Number(asked ?? 2_000)
export const isWholeSweep = RUNS >= 2_000 && seedAsked === undefined

/** One run: steps, then no more faults and time enough, then every oracle. */
export async function simulate(seed: number, list: readonly Step[], census: Census, delays?: Delays): Promise<World> {
  const world = new World(seed, delays)
  world.processes.start(0)
  for (const { run } of list) await run(world)
  await world.heal()
  world.end()
  expect([...world.unexplained(), ...appendWrongs(world), ...deliveryWrongs(world)]).toEqual([])
  census.add(world.census)
  return world
}

/** Draws a share of the sweep's runs; a failure is shrunk, and prints its seed, path and steps. */
export async function sweep(
  part: number,
  lists: fc.Arbitrary<readonly Step[]>,
  census: Census,
  delays?: Delays,
): Promise<void> {
  const property = fc.asyncProperty(fc.integer(), lists, async (seed, list) => {
    await simulate(seed, list, census, delays)
  })
  const seed = Number(seedAsked ?? 20_261_122)
  const numRuns = pathAsked === undefined ? Math.max(1, Math.round(RUNS * part)) : 1
  const result = await fc.check(property, { numRuns, seed, ...(pathAsked !== undefined && { path: pathAsked }) })
  if (!result.failed) return
  const again = `ROOMLOG_SIMULATION_SEED=${seed} ROOMLOG_SIMULATION_PATH=${result.counterexamplePath}`
  const told = `${fc.defaultReportMessage(result)}\nTo see this run alone: ${again}, and -t with the name of the test`
  throw new Error(told, { cause: result.errorInstance })
}
