import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPool } from '@roomlog/db'
import { migrate } from '@roomlog/db/migrate'
import { type FailoverPair, startFailoverPair } from '@roomlog/embedded-postgres'
import { afterEach, expect, test } from 'vitest'
import { toPartition } from './partition.ts'
import type { Journal } from './port.ts'
import { toPosition } from './position.ts'
import { createPostgresJournal } from './postgres/journal.ts'
import { transactionOf } from './postgres/transaction.ts'
import { anAppendId, append, appenderOn, aRecord, aRoomIn, readAll, records, recordsOf } from './samples.contract.ts'

const HERE = toPartition(0)
const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function openPair(synchronous: boolean): Promise<FailoverPair> {
  const dataDir = await mkdtemp(join(tmpdir(), 'roomlog-failover-'))
  closing.push(() => rm(dataDir, { recursive: true, force: true }))
  const prepare = async (url: string) => {
    await migrate({ url })
    const pool = createPool({ url, max: 1, applicationName: 'test' })
    await createPostgresJournal({ pool, partitionsIfNew: 4 })
    await pool.end()
  }
  const pair = await startFailoverPair({ dataDir, synchronous, prepare })
  closing.push(() => pair.close())
  return pair
}

function openPool(url: string) {
  const pool = createPool({ url, max: 4, applicationName: 'test' })
  closing.push(() => pool.end())
  return pool
}

test('a synchronous standby takes over under the traffic of two apis: what was acknowledged is there once, and they go on', async () => {
  const pair = await openPair(true)
  const journals = await Promise.all([1, 2].map(() => createPostgresJournal({ pool: openPool(pair.url) })))
  const acknowledged: string[] = []
  const uncertain = new Set<string>()
  let sending = true
  const sendThrough = async (journal: Journal, partition: number) => {
    const appender = appenderOn(journal)
    const roomId = aRoomIn(toPartition(partition), journal.partitions)
    while (sending) {
      const { destinations: _, ...message } = aRecord({ roomId })
      const { status } = await appender.submit(message)
      if (status === 'recorded') acknowledged.push(message.id)
      else await sleep(20)
      if (status === 'unknown') uncertain.add(message.id)
    }
  }
  const running = Promise.all(journals.flatMap((journal) => [0, 1, 2, 3].map((n) => sendThrough(journal, n))))
  const more = async () => {
    const goal = acknowledged.length + 100
    await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(goal)
  }
  await more()
  await pair.failOver()
  await more()
  sending = false
  await running
  const [journal] = journals
  if (!journal) throw new Error('no journal')
  const batches = await Promise.all([0, 1, 2, 3].map((n) => readAll(journal, toPartition(n))))
  const found = batches.flatMap((each) => recordsOf(each).map(({ id }) => String(id)))
  const there = new Set(found)
  expect(there.size).toBe(found.length)
  expect(acknowledged.filter((id) => !there.has(id))).toEqual([])
  const known = new Set(acknowledged)
  expect(found.filter((id) => !known.has(id) && !uncertain.has(id))).toEqual([])
})

test('a standby that was behind takes over: readers notice, and no version of the lost configuration counts any more', async () => {
  const pair = await openPair(false)
  const pool = openPool(pair.url)
  const journal = await createPostgresJournal({ pool })
  const kept = await append(journal, HERE, records(2))
  const replayed = 'select bool_and(replay_lsn >= pg_current_wal_lsn()) as all from pg_stat_replication'
  await expect.poll(async () => (await pool.query(replayed)).rows[0].all, { timeout: 20_000 }).toBe(true)
  await pair.stopStandby()
  const lost = await append(journal, HERE, records(3))
  await journal.announce(transactionOf(pool))
  const lostVersion = await journal.configVersion(HERE)
  await pair.failOver()

  const reader = { partition: HERE, bytesMax: 1_000_000 }
  const seen = () => journal.read({ ...reader, after: toPosition(5), afterAppendId: lost.appendId })
  await expect.poll(() => seen().catch(() => undefined), { timeout: 20_000 }).toEqual({ status: 'rewound' })
  await append(journal, HERE, records(4))
  expect(await seen()).toEqual({ status: 'rewound' })
  expect(recordsOf(await readAll(journal, HERE))).toHaveLength(6)
  expect((await readAll(journal, HERE))[0]?.appendId).toBe(kept.appendId)

  // Another change takes the place of the lost one: an api that still holds the lost version resolves again.
  await journal.announce(transactionOf(pool))
  const request = { partition: HERE, configVersion: lostVersion, appendId: anAppendId(), records: records(1) }
  const outcome = await journal.append(request)
  expect(outcome).toEqual({ status: 'stale', configVersion: await journal.configVersion(HERE) })
})
