import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMemoryJournal } from '../memory/journal.ts'
import { toPartition } from '../partition.ts'
import type { Journal } from '../port.ts'
import { toPosition } from '../position.ts'
import { HOUR_MS } from '../retention.ts'
import { aLane, anAppendId, append, aRecord, aToken, settle, versionId } from '../samples.contract.ts'
import { lanes } from '../testing/contents.ts'
import { openDatabase, openJournal, type TestDatabase } from './database.contract.ts'

const HERE = toPartition(0)
const FIRST_HOUR_MS = Math.floor(Date.UTC(2025, 0) / HOUR_MS) * HOUR_MS
const SEEDS = 80
let database: TestDatabase

beforeAll(async () => {
  database = await openDatabase()
})
afterAll(() => database.close())

test('hours that bisection finds among batches are those that the memory journal finds by looking at all', async () => {
  let gaveUp = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = seeded(seed)
    const under = await openJournal(database.pool)
    const clock = { ms: Date.now(), nowMs: () => clock.ms }
    const memory = createMemoryJournal({ partitions: under.journal.partitions, clock })
    const both = [under.journal, memory]
    const elapse = async (ms: number) => {
      await under.elapse(ms)
      clock.ms += ms
    }
    // As after a healing.
    const fall = async (toMs: number) => {
      await database.pool.query(
        'update journal_partition set last_time_ms = $1, healed_positions = healed_positions || head where partition = $2',
        [toMs, HERE],
      )
      const state = memory.snapshot()
      const at = state.partitions[HERE]
      if (at) at.lastTimeMs = toMs
      memory.restore(state)
    }
    const story = await tell(both, random, { elapse, fall })
    const limits = {
      // Half an hour beside every age that occurs.
      keepMs: Math.floor(random() * story.hours + 1) * HOUR_MS - HOUR_MS / 2,
      bytesMax: random() < 0.5 ? 1e9 : Math.floor(random() * story.bytes),
    }
    for (let call = 1, more = true; more; call++) {
      const [real, expected] = await Promise.all(both.map((journal) => journal.expire(story.lease, limits)))
      expect(real, `seed ${seed}, call ${call}`).toEqual(expected)
      expect(await checkpoints(), `seed ${seed}, call ${call}`).toEqual(
        memory
          .inspect()
          .partitions.flatMap(({ lanes }) => [...lanes.values()])
          .map(({ checkpoint, checkpointAppendId }) => ({ checkpoint, checkpointAppendId })),
      )
      gaveUp += expected?.length ?? 0
      more = expected !== undefined && expected.length > 0
    }
  }
  expect(gaveUp).toBeGreaterThan(SEEDS / 2)
})

/** The same appends and progress in every journal: hours full and empty, batches that begin and end anywhere in them. */
async function tell(
  journals: readonly Journal[],
  random: () => number,
  { elapse, fall }: Readonly<Record<'elapse' | 'fall', (ms: number) => Promise<void>>>,
) {
  const lease = { partition: HERE, token: aToken() }
  const batches: { readonly last: number; readonly appendId: ReturnType<typeof anAppendId> }[] = []
  let head = 0
  let hours = 0
  let atMs = FIRST_HOUR_MS
  for (let n = Math.floor(random() * 25) + 1; n > 0; n--) {
    const waitHours = random() < 0.5 ? 0 : Math.floor(random() * 4)
    await elapse(waitHours * HOUR_MS)
    hours += waitHours
    atMs = Math.max(atMs, FIRST_HOUR_MS + hours * HOUR_MS)
    const records = Array.from({ length: Math.floor(random() * 4) + 1 }, () => {
      if (random() < 0.2) atMs += Math.floor(HOUR_MS * random())
      const destinations = [1, 2, 3].filter(() => random() < 0.6).map(versionId)
      return aRecord({ timeMs: atMs, destinations: destinations.length > 0 ? destinations : [versionId(1)] })
    })
    const appendId = anAppendId()
    for (const journal of journals) await append(journal, HERE, records, appendId)
    head += records.length
    batches.push({ last: head, appendId })
    if (random() < 0.15) {
      atMs -= Math.floor(5 * HOUR_MS * random())
      await fall(atMs)
      // The real time has sometimes passed what stands there before anything comes.
      if (random() < 0.4) atMs += 5 * HOUR_MS
    }
  }
  const anyEnd = () => batches[Math.floor(random() * batches.length)]
  const dispatched = random() < 0.7 ? batches.at(-1) : anyEnd()
  const lanes = [1, 2, 3].map((id) => {
    const end = random() < 0.4 ? undefined : anyEnd()
    const within = end && dispatched && end.last <= dispatched.last ? end : undefined
    return aLane({
      destinationVersionId: versionId(id),
      checkpoint: toPosition(within?.last ?? 0),
      checkpointAppendId: within?.appendId,
      state: random() < 0.3 ? 'flowing' : 'held',
    })
  })
  for (const journal of journals) {
    await journal.acquire({ ...lease, writerId: 'writer', ttlMs: 1e12 })
    await settle(journal, lease, {
      dispatched: { position: toPosition(dispatched?.last ?? 0), appendId: dispatched?.appendId },
      lanes,
      closed: [],
      deadLetters: [],
      totals: [],
    })
  }
  return { lease, hours, bytes: head * 80 }
}

async function checkpoints() {
  return (await lanes(database.pool)).map(({ checkpoint, checkpointAppendId }) => ({ checkpoint, checkpointAppendId }))
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
