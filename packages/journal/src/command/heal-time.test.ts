import { expect, test } from 'vitest'
import { createMemoryJournal } from '../memory/journal.ts'
import { toPartition } from '../partition.ts'
import { append, aRecord, TIME_MS } from '../samples.contract.ts'
import { createDatabaseClock } from '../time/database-clock.ts'
import { healPartitions } from './heal-time.ts'

async function setUp(wallOffMs = 0) {
  const clock = createDatabaseClock({
    databaseTimeUs: async () => BigInt(TIME_MS) * 1_000n,
    monotonicNs: () => 5_000_000_000n,
    wallMs: () => TIME_MS + wallOffMs,
    uptimeMs: () => 5_000,
    log: { info() {}, warn() {}, error() {} },
  })
  await clock.sample()
  const journal = createMemoryJournal({ partitions: 3, clock: { nowMs: () => TIME_MS }, time: clock })
  await append(journal, toPartition(1), [aRecord({ timeMs: TIME_MS + 93_600_000 })])
  return { journal, clock }
}

test('it says how far partitions are ahead, heals them, and says what that does to the order of keys', async () => {
  const world = await setUp()
  const dry = await healPartitions(world, { dryRun: true })
  expect(dry).toEqual({
    ok: true,
    lines: [
      'Partition 0 is right.',
      'Partition 1 is 93600.0 s ahead; without --dry-run its time begins again now.',
      'Partition 2 is right.',
    ],
  })
  const { ok, lines } = await healPartitions(world, { partition: 1, dryRun: false })
  expect([ok, lines]).toEqual([
    true,
    ['Partition 1 was 93600.0 s ahead; its time begins again now.', expect.stringContaining('sort before')],
  ])
  expect((await healPartitions(world, { partition: 1, dryRun: true })).lines).toEqual(['Partition 1 is right.'])
})

test('it does nothing where the clocks disagree or there is no such partition', async () => {
  expect(await healPartitions(await setUp(6_000), { dryRun: false })).toEqual({
    ok: false,
    lines: [expect.stringMatching(/Nothing was done.*6\.0 s ahead/)],
  })
  expect((await healPartitions(await setUp(), { partition: 3, dryRun: false })).ok).toBe(false)
})
