import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../failure.ts'
import type { Fleet, Writer } from './fleet.ts'
import { type Plant, untilCaught } from './plant.ts'
import { pick, type Random } from './random.ts'
import type { Round } from './rounds.ts'
import { CALL_MS, HELD_MS, LEASE_MS } from './settings.ts'
import type { StandInNotes } from './stand-in-notes.ts'
import { countInside, countKill, type KillKind, kindOf, type Tally } from './tally.ts'

const POLL_EVERY_MS = 15
/** How long a round waits for a call of its service. */
const CALL_WITHIN_MS = 2_000
/** The stand-in sees a killed caller's connections end within moments. */
const NOTED_WITHIN_MS = 2_000

export type Scene = {
  readonly plant: Plant
  readonly fleet: Fleet
  readonly notes: StandInNotes
  readonly tally: Tally
  readonly random: Random
  /** Zombies that sleep. */
  readonly asleep: Set<Promise<void>>
  readonly signal: AbortSignal
}

/** Does what the round says and notes what it hit. */
export async function inflict(scene: Scene, round: Round): Promise<void> {
  const { plant, fleet, notes, tally, random, signal } = scene
  switch (round.kind) {
    case 'moment':
      await sleep(round.afterMs, undefined, { signal })
      return killAny(scene)
    case 'call':
      return killInCall(scene, round)
    case 'settle': {
      const writer = pick(random, fleet.writers().filter(isReady))
      if (writer === undefined || !(await untilCaught(writer.proxy, 'journal-settle', round.point, signal))) {
        tally.missed += 1
        return killAny(scene)
      }
      return killWriter(scene, writer, kindOf(round))
    }
    case 'zombie':
      for (const writer of fleet.writers().filter(isReady).slice(0, round.writers)) {
        const sleeping: Promise<void> = sleepThrough(scene, writer, round).finally(() => scene.asleep.delete(sleeping))
        sleeping.catch(() => undefined)
        scene.asleep.add(sleeping)
      }
      return
    case 'restart': {
      const writer = pick(random, fleet.writers().filter(isReady))
      if (writer === undefined) return
      tally.restarts += 1
      if (!(await fleet.restart(writer))) throw new Failure(`${writer.name} did not end well after SIGTERM`)
      return
    }
    case 'api': {
      const reached = await plant.killApi(round.api, round.point)
      if (!reached) tally.missed += 1
      const onAppend = round.point === 'append' && reached
      return countKill(tally, onAppend ? 'api, append committed and not answered' : 'api, any moment')
    }
    case 'stand-in':
      await plant.killStandIn()
      await notes.delayAll(CALL_MS)
      return countKill(tally, 'stand-in')
    case 'postgres':
      for (const writer of fleet.writers()) if (!isReady(writer)) plant.expectEnd(writer)
      await plant.killPostgres()
      return countKill(tally, 'postgres')
  }
}

/** Whatever still sleeps wakes up, and what woke up is as it was drawn. */
export async function untilAllAwake({ asleep }: Scene): Promise<void> {
  while (asleep.size > 0) await Promise.all(asleep)
}

async function killInCall(scene: Scene, round: Extract<Round, { readonly kind: 'call' }>): Promise<void> {
  const { fleet, notes, tally, signal } = scene
  const fault = await notes.delayOne(round.service, round.point, HELD_MS)
  const deadlineMs = performance.now() + CALL_WITHIN_MS
  try {
    while (performance.now() < deadlineMs) {
      const calls = await notes.struck(fault)
      const held = calls.find(({ ran }) => ran === (round.point === 'after'))
      const writer = fleet.find(held?.accessKeyId)
      if (writer !== undefined) {
        await sleep(round.afterMs, undefined, { signal })
        return await killWriter(scene, writer, kindOf(round))
      }
      await sleep(POLL_EVERY_MS, undefined, { signal })
    }
  } finally {
    await notes.remove(fault)
  }
  tally.missed += 1
  await killAny(scene)
}

async function killAny(scene: Scene): Promise<void> {
  const writer = pick(scene.random, scene.fleet.writers())
  if (writer !== undefined) await killWriter(scene, writer, 'writer, any moment')
}

async function killWriter(scene: Scene, writer: Writer, kind: KillKind): Promise<void> {
  const { fleet, notes, tally, signal } = scene
  await fleet.kill(writer)
  countKill(tally, kind)
  const deadlineMs = performance.now() + NOTED_WITHIN_MS
  while ((await notes.open(writer.accessKeyId)).length > 0 && performance.now() < deadlineMs) {
    await sleep(POLL_EVERY_MS, undefined, { signal })
  }
  countInside(tally, await notes.vanished(writer.accessKeyId))
}

async function sleepThrough(
  scene: Scene,
  writer: Writer,
  { beyondLeaseMs, end }: Extract<Round, { readonly kind: 'zombie' }>,
): Promise<void> {
  const { fleet, tally, signal } = scene
  fleet.pause(writer)
  await sleep(LEASE_MS + beyondLeaseMs, undefined, { signal })
  fleet.resume(writer)
  tally.zombies += 1
  if (end === 'lives') return
  await sleep(beyondLeaseMs / 4, undefined, { signal })
  if (writer.state === 'ready') await killWriter(scene, writer, 'writer, woken up')
}

function isReady({ state }: Writer): boolean {
  return state === 'ready'
}
