import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { checksumOf } from '../checksum.ts'
import { toPartition } from '../partition.ts'
import type { AppendId, Journal } from '../port.ts'
import { toPosition } from '../position.ts'
import { append, aRecord, aToken, batchesOf, readAll, recordsOf, versionId } from '../samples.contract.ts'
import { openDatabase, openJournal, type TestDatabase, waitingForLock } from './database.contract.ts'
import { setAside } from './set-aside.ts'

const HERE = toPartition(0)
let database: TestDatabase
let journal: Journal
let appendIds: AppendId[]

beforeAll(async () => {
  database = await openDatabase()
})
afterAll(() => database.close())

/** Batches 1 to 100 and so on: packed ones of chat, too large for a row of their own. */
beforeEach(async () => {
  journal = (await openJournal(database.pool)).journal
  // It packs once it has heard that all who live can read that.
  await journal.signIn({ apiId: 'api', ttlMs: 60_000 })
  appendIds = []
  for (let n = 0; n < 3; n++) {
    const batch = Array.from({ length: 100 }, (_, i) =>
      aRecord({ rest: Buffer.from(`","n":${i},"Content":"who is that ${randomBytes(40).toString('hex')}"}}\n`) }),
    )
    appendIds.push((await append(journal, HERE, batch)).appendId)
  }
})

const readAfter = (position: number) =>
  journal.read({ partition: HERE, after: toPosition(position), afterAppendId: undefined, bytesMax: 1_000_000 })

const damage = (change: string) => database.pool.query(`update journal_batch set ${change} where first_position = 101`)
const flip = (column: string, byte = 60) => `${column} = set_byte(${column}, ${byte}, get_byte(${column}, ${byte}) # 4)`

const kept = async () => (await database.pool.query('select * from journal_set_aside')).rows
const givenUp = async () =>
  (await database.pool.query('select destination_version_id as id, given_up from delivery_total')).rows

test.each([
  ['one flipped bit in the stored records', flip('records')],
  ['one flipped bit in the index', flip('index')],
  // Behind the header, the rooms (each of its own) and a set: the lowest byte of the first time. Only the checksum tells.
  ['one flipped bit in the time of a record', flip('index', 8 + 100 * 12 + 5 + 4)],
  ['another count', 'destination_counts = array[99]'],
  ['another destination', 'destination_version_ids = array[2]'],
  ['a destination more', 'destination_version_ids = array[1, 2], destination_counts = array[100, 1]'],
  ['another number of records', 'record_count = 98'],
  ['records that are cut short', 'records = substring(records for 200)'],
  ['an index that is cut short', 'index = substring(index for 200)'],
  ['another format', 'format = 1'],
  ['no format', 'format = 7'],
  ['another checksum', 'crc32 = crc32 # 1'],
])('%s: nothing of it is delivered, what is around it is, and it can be set aside', async (_, change) => {
  await damage(change)
  expect(batchesOf(await readAfter(0)).map(({ appendId }) => appendId)).toEqual([appendIds[0]])
  expect(await readAfter(100)).toEqual({ status: 'damaged', position: 101, reason: expect.any(String) })
  expect(await setAside(database.pool, HERE, 150)).toMatchObject({ status: 'set aside', first: 101, last: 200 })
  const batches = await readAll(journal, HERE)
  expect(batches.map(({ lastPosition }) => lastPosition)).toEqual([100, 200, 300])
  expect(recordsOf(batches).map(({ position }) => position)).not.toContain(150)
  expect(await kept()).toMatchObject([{ first_position: 101, record_count: 100, append_id: appendIds[1] }])
  expect(await givenUp()).toContainEqual({ id: 1, given_up: 100 })
})

test('a row of an earlier version has no checksum: it is read, and never set aside', async () => {
  await damage('crc32 = null')
  expect(batchesOf(await readAfter(0))).toHaveLength(3)
  expect(await setAside(database.pool, HERE, 150)).toEqual({ status: 'whole' })
})

test('a row of a later format waits for its version; only where it has no checksum no version can have written it', async () => {
  const { rows } = await database.pool.query('select * from journal_batch where first_position = 101')
  const { destination_version_ids: destinationVersionIds, destination_counts: destinationCounts, index } = rows[0]
  const later = { format: 9, destinationVersionIds, destinationCounts, index, bytes: rows[0].records }
  await damage(`format = 9, crc32 = ${checksumOf(later)}`)
  expect(await readAfter(100)).toEqual({ status: 'unreadable', position: 101, format: 9 })
  expect(await setAside(database.pool, HERE, 150)).toEqual({ status: 'unreadable', format: 9 })
  await damage('crc32 = null')
  expect(await readAfter(100)).toEqual({ status: 'unreadable', position: 101, format: 9 })
  expect(await setAside(database.pool, HERE, 150)).toMatchObject({ status: 'set aside' })
})

test('a row that is gone is damage too: a tombstone fills its place', async () => {
  await database.pool.query('delete from journal_batch where first_position = 101')
  expect(await readAfter(100)).toEqual({ status: 'damaged', position: 101, reason: 'its row is not there' })
  expect(await setAside(database.pool, HERE, 50)).toEqual({ status: 'whole' })
  expect(await setAside(database.pool, HERE, 150)).toMatchObject({ status: 'set aside', first: 101, last: 200 })
  const batches = await readAll(journal, HERE)
  expect(batches.map(({ appendId }) => appendId)).toEqual(appendIds)
  expect(await givenUp()).toEqual([{ id: 1, given_up: 100 }])
})

test.each([
  ['the first', 1, 0],
  ['the last', 201, 200],
])('%s row that is gone is filled in as well', async (_, first, after) => {
  await database.pool.query('delete from journal_batch where first_position = $1', [first])
  expect(await readAfter(after)).toMatchObject({ status: 'damaged', position: first })
  expect(await setAside(database.pool, HERE, first + 5)).toMatchObject({ status: 'set aside', first, last: first + 99 })
  expect((await readAll(journal, HERE)).map(({ appendId }) => appendId)).toEqual(appendIds)
  await append(journal, HERE, [aRecord({ destinations: [versionId(2)] })])
  expect(await readAll(journal, HERE)).toHaveLength(4)
})

test('rows that are gone side by side get one tombstone, which is read from inside too', async () => {
  await append(journal, HERE, [aRecord({ destinations: [versionId(2)] })])
  await append(journal, HERE, [aRecord({ destinations: [versionId(3)] })])
  await database.pool.query('delete from journal_batch where first_position in (101, 201)')
  expect(await setAside(database.pool, HERE, 250)).toMatchObject({ status: 'set aside', first: 101, last: 300 })
  const outcome = await journal.read({
    partition: HERE,
    after: toPosition(200),
    afterAppendId: appendIds[1],
    bytesMax: 1_000_000,
  })
  const [tombstone] = batchesOf(outcome)
  expect(tombstone).toMatchObject({ firstPosition: 101, lastPosition: 300, appendId: appendIds[2] })
  // Version 3 has no records beside it, and may have had some in it.
  expect(tombstone?.counts).toEqual(
    new Map([
      [1, 200],
      [2, 200],
      [3, 0],
    ]),
  )
  expect(await readAll(journal, HERE)).toHaveLength(4)
})

test('a row of which Postgres itself cannot read a part is damaged, and the rest of it is kept', async () => {
  await loseStoredParts()
  expect(batchesOf(await readAfter(0)).map(({ appendId }) => appendId)).toEqual([appendIds[0]])
  const damaged = { status: 'damaged', position: 101, reason: expect.stringContaining('Postgres cannot read it') }
  expect(await readAfter(100)).toEqual(damaged)
  expect(batchesOf(await readAfter(200))).toHaveLength(1)
  expect(await setAside(database.pool, HERE, 150)).toMatchObject({ status: 'set aside', first: 101, last: 200 })
  expect((await readAll(journal, HERE)).map(({ lastPosition }) => lastPosition)).toEqual([100, 200, 300])
  expect(await kept()).toMatchObject([
    { records: null, index: expect.any(Buffer), format: 4, destination_counts: [100] },
  ])
})

test('killed before its commit, the command has changed nothing, and does all of it the next time', async () => {
  await damage(flip('records'))
  const rival = await database.openPool().connect()
  await rival.query('begin')
  await rival.query('lock table delivery_total in access exclusive mode')
  const killed = setAside(database.openPool({ applicationName: 'command' }), HERE, 150)
  killed.catch(() => {})
  await waitingForLock(database)
  await database.pool.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'command'`)
  await expect(killed).rejects.toThrow()
  await rival.query('rollback')
  rival.release()
  expect(await kept()).toEqual([])
  expect(await givenUp()).toEqual([])
  expect(await readAfter(100)).toMatchObject({ status: 'damaged' })
  const lease = { partition: HERE, token: aToken() }
  expect(await journal.acquire({ ...lease, writerId: 'writer', ttlMs: 30_000 })).toMatchObject({ revision: 0 })
  expect(await setAside(database.pool, HERE, 150)).toMatchObject({ status: 'set aside' })
  expect(await givenUp()).toEqual([{ id: 1, given_up: 100 }])
})

test('whoever settles at the same time waits, and then has lost', async () => {
  await damage(flip('records'))
  const lease = { partition: HERE, token: aToken() }
  await journal.acquire({ ...lease, writerId: 'writer', ttlMs: 30_000 })
  const nothing = { lanes: [], closed: [], deadLetters: [], totals: [], revision: 0 }
  const dispatched = { position: toPosition(100), appendId: appendIds[0] }
  const [settled, outcome] = await Promise.all([
    journal.settle(lease, { ...nothing, dispatched }),
    setAside(database.pool, HERE, 150),
  ])
  expect(outcome.status).toBe('set aside')
  expect(['settled', 'lost']).toContain(settled)
  expect(await journal.settle(lease, { ...nothing, revision: 1 })).toBe('lost')
})

/** What Postgres stores of the records beside the table's row. */
async function loseStoredParts(): Promise<void> {
  const { rows } = await database.pool.query(
    `select reltoastrelid::regclass::text as parts from pg_class where oid = 'roomlog.journal_batch'::regclass`,
  )
  const { rows: value } = await database.pool.query(
    `select pg_column_toast_chunk_id(records)::text as id from journal_batch where first_position = 101`,
  )
  const superuser = await database.pool.connect()
  try {
    await superuser.query('begin')
    await superuser.query('set local allow_system_table_mods = on')
    // Only what looks like a table can be deleted from.
    const looksLike = (kind: string) =>
      superuser.query(`update pg_class set relkind = '${kind}' where oid = '${rows[0].parts}'::regclass`)
    await looksLike('r')
    await superuser.query(`delete from ${rows[0].parts} where chunk_id = ${value[0].id}`)
    await looksLike('t')
    await superuser.query('commit')
    // Until then it can still be read.
    await superuser.query('vacuum journal_batch')
  } finally {
    superuser.release()
  }
}
