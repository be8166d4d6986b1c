import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeKeys } from '../keys.contract.ts'
import { describeLedger } from '../ledger.contract.ts'
import { describeLog } from '../log.contract.ts'
import { toPartition } from '../partition.ts'
import { describeRedrive } from '../redrive.contract.ts'
import { describeRetention } from '../retention.contract.ts'
import {
  ALL,
  aLane,
  anAppendId,
  anId,
  append,
  aToken,
  lettersOf,
  readAll,
  records,
  settle,
  someTotals,
  versionId,
} from '../samples.contract.ts'
import { describeSetAside } from '../set-aside.contract.ts'
import { lanes } from '../testing/contents.ts'
import { describeTime } from '../time/time.contract.ts'
import { openDatabase, openJournal, type TestDatabase } from './database.contract.ts'
import { createPostgresJournal } from './journal.ts'
import { inTransaction, transactionOf } from './transaction.ts'

const HERE = toPartition(0)
let database: TestDatabase

beforeAll(async () => {
  database = await openDatabase()
})
afterAll(() => database.close())

describeLog('in Postgres', () => openJournal(database.pool))
describeLedger('in Postgres', () => openJournal(database.pool))
describeKeys('in Postgres', () => openJournal(database.pool))
describeRetention('in Postgres', () => openJournal(database.pool))
describeRedrive('in Postgres', () => openJournal(database.pool))
describeTime('in Postgres', () => openJournal(database.pool))
describeSetAside('in Postgres', () => openJournal(database.pool))

test('processes that start at once agree on the number of partitions, and it stays', async () => {
  await openJournal(database.pool)
  await database.pool.query('truncate journal_partition cascade')
  const counts = [5, 7, 3, 5].map((partitionsIfNew) => createPostgresJournal({ pool: database.pool, partitionsIfNew }))
  const [first, ...others] = (await Promise.all(counts)).map(({ partitions }) => partitions)
  expect([5, 7, 3]).toContain(first)
  expect(others).toEqual([first, first, first])
  expect((await createPostgresJournal({ pool: database.pool, partitionsIfNew: 9 })).partitions).toBe(first)
})

test('a change that is not committed yet holds appends up, and none of them lands with what it replaced', async () => {
  const { journal } = await openJournal(database.pool)
  const configVersion = await journal.configVersion(HERE)
  const change = await database.pool.connect()
  await change.query('begin')
  await journal.announce(transactionOf(change))
  const waiting = journal.append({ partition: HERE, appendId: anAppendId(), configVersion, records: records(1) })
  await change.query('commit')
  change.release()
  expect(await waiting).toEqual({ status: 'stale', configVersion: await journal.configVersion(HERE) })
})

test('changes and appends that run at once never deadlock, and every change counts', async () => {
  const { journal } = await openJournal(database.pool)
  const versions = new Set<number>()
  const change = async () => {
    await inTransaction(database.pool, async (client) => {
      await journal.announce(transactionOf(client))
      const { rows } = await client.query('select distinct config_version from journal_partition')
      expect(rows).toHaveLength(1)
      versions.add(rows[0].config_version)
    })
  }
  const appendSome = async (n: number) => {
    const partition = toPartition(n % journal.partitions)
    const configVersion = await journal.configVersion(partition)
    const outcome = await journal.append({ partition, appendId: anAppendId(), configVersion, records: records(2) })
    expect(['appended', 'stale']).toContain(outcome.status)
  }
  await Promise.all(Array.from({ length: 60 }, (_, n) => (n % 3 === 0 ? change() : appendSome(n))))
  expect(versions.size).toBe(20)
})

test('trimming and settling that run beside appends lose nothing', async () => {
  const { journal } = await openJournal(database.pool)
  const lease = { partition: HERE, token: aToken() }
  await journal.acquire({ ...lease, writerId: 'writer', ttlMs: 60_000 })
  let trimmed = 0
  const deliver = async () => {
    const { head, appendId } = (await journal.heads([HERE])).get(HERE) ?? {}
    if (head === undefined) return
    const lane = aLane({ checkpoint: head, checkpointAppendId: appendId })
    const dispatched = { position: head, appendId }
    await settle(journal, lease, { dispatched, lanes: [lane], closed: [], deadLetters: [], totals: [] })
    trimmed += await journal.trim(HERE, { keepMs: 0 })
  }
  await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 4 === 0 ? deliver() : append(journal, HERE, records(3)))))
  await deliver()
  expect(trimmed).toBe(90)
  const { rows } = await database.pool.query('select trimmed from journal_progress where partition = $1', [HERE])
  expect(rows[0].trimmed).toBe(90)
  await expect(readAll(journal, HERE)).rejects.toThrow('trimmed')
})

test('what a destination says is settled with, whatever text it is', async () => {
  const { journal } = await openJournal(database.pool)
  const { appendId } = await append(journal, HERE, records(1))
  const lease = { partition: HERE, token: aToken() }
  await journal.acquire({ ...lease, writerId: 'writer', ttlMs: 60_000 })
  const { head } = (await journal.heads([HERE])).get(HERE) ?? {}
  if (head === undefined) throw new Error('the partition has a head')
  const [lastError, shown] = ['no\0 \ud800 ☕', 'no\ufffd \ufffd ☕']
  const letter = { destinationVersionId: versionId(1), position: head, roomId: anId(), id: anId(), reason: lastError }
  const settling = settle(journal, lease, {
    dispatched: { position: head, appendId },
    lanes: [aLane({ checkpoint: head, checkpointAppendId: appendId, lastError })],
    closed: [],
    deadLetters: [{ ...letter, bytes: Buffer.from('{}\n') }],
    totals: [someTotals({ lastError })],
  })
  expect(await settling.catch(String)).toBe('settled')
  expect(await lanes(database.pool)).toMatchObject([{ lastError: shown }])
  expect(await lettersOf(journal)).toMatchObject([{ reason: shown }])
  expect(await journal.totals(ALL)).toMatchObject([{ lastError: shown }])
})

test('a head row is changed in place: no index grows with the appends', async () => {
  await openJournal(database.pool)
  const pool = database.openPool({ max: 1 })
  const journal = await createPostgresJournal({ pool })
  const statistics = async () => {
    await pool.query('select pg_stat_force_next_flush()')
    const { rows } = await pool.query(
      `select n_tup_upd::float8 as updates, n_tup_hot_upd::float8 as hot
         from pg_stat_user_tables where relname = 'journal_partition'`,
    )
    return rows[0]
  }
  const before = await statistics()
  for (let i = 0; i < 50; i++) await append(journal, HERE, records(1))
  const after = await statistics()
  expect(after.updates - before.updates).toBeGreaterThanOrEqual(50)
  expect(after.hot - before.hot).toBe(after.updates - before.updates)
})
