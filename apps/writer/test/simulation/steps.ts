import fc from 'fast-check'
import { DATABASE_FAULTS } from './database.ts'
import { FAULTS } from './faults.ts'
import { abandonBacklog, damage, damageBeneathObject, expire, healTime, redrive, steal, trim } from './upkeep.ts'
import type { World } from './world.ts'

export type Step = { readonly name: string; readonly run: (world: World) => void | Promise<void> }

/** Where a process may be killed. */
export const POINTS = [
  's3 before write',
  's3 after effect',
  's3 before recall',
  'cloudWatchLogs before write',
  'cloudWatchLogs after effect',
  'cloudWatchLogs before recall',
  'firehose before write',
  'firehose after effect',
  'before append',
  'after append',
  'before findKeys',
  'after findKeys',
  'before settle',
  'after settle',
  'before acquire',
  'after acquire',
  'before read',
  'after read',
  'before roll',
  'after roll',
  'before release',
  'after release',
] as const

const KINDS = ['s3', 'cloudWatchLogs', 'firehose'] as const
const writer = fc.nat(2)
const room = fc.nat(3)
const slot = fc.nat(3)

const share = fc.constantFrom(0, 0.3, 0.3, 1)

const step = (what: string, values: readonly unknown[], run: Step['run']): Step => ({
  name: [what, ...values].join(' '),
  run,
})

function crashAt(point: (typeof POINTS)[number] | 's3 before list'): Step {
  return step('crash at', [point], ({ processes }) => processes.crashAt(point))
}

const traffic: fc.WeightedArbitrary<Step>[] = [
  {
    weight: 16,
    arbitrary: fc
      .tuple(fc.nat(1), room, fc.integer({ min: 1, max: 12 }))
      .map((v) => step('send', v, (w) => w.send(v[0], v[1], v[2], undefined))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.nat(1),
        room,
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom('batch', 'batch', 'alone', 'alone', 'novel'),
      )
      .map((v) => step('send poison', v, (w) => w.send(...v))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(1), room, fc.integer({ min: 1, max: 4 }), fc.boolean())
      .map((v) => step('send keyed', v, (w) => w.sendKeyed(...v))),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.nat(1), fc.nat(6), fc.constantFrom(false, false, false, true))
      .map((v) => step('ask again', v, (w) => w.askAgain(...v))),
  },
  {
    weight: 14,
    arbitrary: fc
      .oneof(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 900, max: 12_000 }))
      .map((ms) => step('advance', [ms], (w) => w.time.advance(ms))),
  },
]

const processes: fc.WeightedArbitrary<Step>[] = [
  { weight: 3, arbitrary: writer.map((n) => step('crash', [n], ({ processes }) => processes.crash(n))) },
  { weight: 8, arbitrary: writer.map((n) => step('start', [n], ({ processes }) => processes.start(n))) },
  { weight: 2, arbitrary: writer.map((n) => step('pause', [n], ({ processes }) => processes.pause(n))) },
  { weight: 2, arbitrary: writer.map((n) => step('resume', [n], ({ processes }) => processes.resume(n))) },
  {
    weight: 2,
    arbitrary: writer.map((n) => step('pause beyond lease', [n], ({ processes }) => processes.pauseBeyondLease(n))),
  },
  { weight: 2, arbitrary: writer.map((n) => step('stop', [n], ({ processes }) => processes.stop(n))) },
  { weight: 1, arbitrary: fc.nat(1).map((n) => step('crash api', [n], ({ processes }) => processes.crashApi(n))) },
  { weight: 1, arbitrary: fc.nat(1).map((n) => step('close api', [n], ({ processes }) => processes.closeApi(n))) },
  { weight: 8, arbitrary: fc.constantFrom(...POINTS).map(crashAt) },
  // Few runs read back at all.
  { weight: 2, arbitrary: fc.constant(crashAt('cloudWatchLogs before recall')) },
]

const routing: fc.WeightedArbitrary<Step>[] = [
  { weight: 2, arbitrary: fc.tuple(room, slot).map((v) => step('attach', v, (w) => w.attach(...v))) },
  { weight: 2, arbitrary: fc.tuple(room, slot).map((v) => step('detach', v, (w) => w.detach(...v))) },
  { weight: 2, arbitrary: slot.map((n) => step('retarget', [n], (w) => w.configurations.retarget(n))) },
  { weight: 1, arbitrary: slot.map((n) => step('delete', [n], (w) => w.configurations.delete(n))) },
  { weight: 1, arbitrary: room.map((n) => step('replace room', [n], (w) => w.replaceRoom(n))) },
]

const weather: fc.WeightedArbitrary<Step>[] = [
  {
    weight: 7,
    arbitrary: fc
      .tuple(fc.constantFrom(...KINDS), fc.constantFrom(...FAULTS), share)
      .map((v) => step('fault', v, (w) => w.fault(...v))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom(...DATABASE_FAULTS), share)
      .map((v) => step('database', v, (w) => w.database.trouble(...v))),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(40, 3_000).map((ms) => step('database slow', [ms], (w) => w.database.slow(ms))),
  },
]

const upkeep: fc.WeightedArbitrary<Step>[] = [
  // Never what a retried append may still look for.
  { weight: 2, arbitrary: fc.constantFrom(20_000, 600_000).map((ms) => step('trim', [ms], (w) => trim(w, ms))) },
  {
    weight: 2,
    arbitrary: fc
      .record({ keepMs: fc.constantFrom(0, 2_000, 1e9), bytesMax: fc.constantFrom(0, 4_000, 1e9) })
      .map((limits) => step('expire', Object.values(limits), (w) => expire(w, limits))),
  },
  { weight: 1, arbitrary: fc.constant(step('abandon', [], (w) => abandonBacklog(w))) },
  { weight: 2, arbitrary: fc.tuple(slot, fc.boolean()).map((v) => step('redrive', v, (w) => redrive(w, ...v))) },
]

const HOUR_MS = 3_600_000

const clocks: fc.WeightedArbitrary<Step>[] = [
  // Short of the next hour, within it, and far beyond.
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(1), room, fc.integer({ min: 1, max: 6 }), fc.constantFrom(10_000, HOUR_MS / 2, 26 * HOUR_MS))
      .map(([n, to, count, ms]) => step('send ahead', [n, to, count, ms], (w) => w.send(n, to, count, undefined, ms))),
  },
  { weight: 3, arbitrary: fc.constant(step('heal time', [], (w) => healTime(w))) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(0, 0, 700, 26 * HOUR_MS, -26 * HOUR_MS).map((ms) =>
      step('database clock', [ms], ({ witness }) => {
        witness.clockOffMs = ms
      }),
    ),
  },
]

const anyStep = fc.oneof(...traffic, ...processes, ...routing, ...weather, ...upkeep, ...clocks)

/** What may happen while the database keeps its history and leases are only lost by time. */
export const usual = lists(anyStep)

/** The same, with leases that are taken from writers that live. */
export const stealing = lists(
  fc.oneof(
    { weight: 14, arbitrary: anyStep },
    { weight: 1, arbitrary: fc.nat(1).map((n) => step('steal', [n], (w) => steal(w, n))) },
  ),
)

const goingBack: fc.WeightedArbitrary<Step>[] = [
  { weight: 1, arbitrary: fc.constant(step('backup', [], (w) => w.backup())) },
  { weight: 1, arbitrary: fc.constant(step('restore', [], (w) => w.restore())) },
]

/** The same, with a database that goes back to an older state. */
export const restoring = lists(
  fc.oneof(
    { weight: 20, arbitrary: anyStep },
    ...goingBack,
    // Seldom passed.
    { weight: 4, arbitrary: fc.constant(crashAt('s3 before recall')) },
  ),
)

const batch = fc.tuple(fc.nat(1), fc.nat(3), fc.constantFrom('index', 'bytes'))
const damages: fc.WeightedArbitrary<Step>[] = [
  { weight: 2, arbitrary: batch.map((v) => step('damage', v, (w) => damage(w, ...v))) },
  { weight: 2, arbitrary: fc.constant(step('damage beneath an object', [], (w) => damageBeneathObject(w))) },
  { weight: 1, arbitrary: fc.constant(step('set aside', [], (w) => w.setAside())) },
  // At once, while what was sent is on its way and nothing of it is written down.
  {
    weight: 2,
    arbitrary: fc.constant(
      step('damage beneath an object and set aside', [], (w) => {
        damageBeneathObject(w)
        w.setAside()
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constant(
      step('damage beneath an object, set aside and crash at the listing', [], async (w) => {
        damageBeneathObject(w)
        w.setAside()
        w.processes.start(0)
        w.processes.crashAt('s3 before list')
        await w.time.advance(25_000)
      }),
    ),
  },
  // Objects that were written by a life that could not settle them.
  { weight: 1, arbitrary: fc.constantFrom('s3 after effect', 'before settle').map(crashAt) },
]
const anyStepOrDamage = fc.oneof({ weight: 8, arbitrary: anyStep }, { weight: 1, arbitrary: fc.oneof(...damages) })

/** With batches that a disk damages, and an operator who sets them aside. */
export const damaging = lists(anyStepOrDamage)

/** The same, with a database that goes back to an older state. */
export const damagingAndRestoring = lists(fc.oneof({ weight: 20, arbitrary: anyStepOrDamage }, ...goingBack))

/** Prints as the names of its steps, so that a failure tells what to do again. */
function lists(arbitrary: fc.Arbitrary<Step>): fc.Arbitrary<readonly Step[]> {
  return fc
    .array(arbitrary, { minLength: 5, maxLength: 45, size: 'max' })
    .map((list) => Object.assign(list, { [fc.toStringMethod]: () => list.map(({ name }) => name).join('; ') }))
}
