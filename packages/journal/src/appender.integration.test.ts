import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DestinationVersionId, RoomId } from '@roomlog/domain'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAppender } from './appender.ts'
import type { Routes } from './commit.ts'
import { toPartition } from './partition.ts'
import type { Journal, Partition } from './port.ts'
import { announce } from './postgres/config-version.ts'
import { openDatabase, openJournal, type TestDatabase } from './postgres/database.contract.ts'
import { startFaultProxy } from './postgres/fault-proxy.contract.ts'
import { createPostgresJournal } from './postgres/journal.ts'
import { transactionOf } from './postgres/transaction.ts'
import { anAppendId, anId, aRecord, aRoomIn, readAll, records, recordsOf, versionId } from './samples.contract.ts'
import type { Submission } from './submission.ts'

const HERE = toPartition(0)
const APPENDED = 'INSERT 0 1'
const APPEND_REQUEST = 'insert into journal_batch'
let database: TestDatabase

beforeAll(async () => {
  database = await openDatabase()
})
afterAll(() => database.close())

const appenderOn = (journal: Journal, routes: Routes) =>
  createAppender({ journal, routes, randomUUID, nowMs: () => performance.now(), sleep: (ms) => sleep(ms) })

function aMessage(roomId: RoomId, bytes = 30): Submission {
  const { destinations: _, ...record } = aRecord({ roomId })
  return { ...record, bytes: Buffer.alloc(bytes, record.bytes) }
}

/** Rooms that always go to the same place. */
function alwaysTo(journal: Journal, destinations: readonly DestinationVersionId[]): Routes {
  return {
    resolve: async (rooms) => ({
      configVersion: await journal.configVersion(HERE),
      destinations: new Map(rooms.map((room) => [room, destinations])),
    }),
  }
}

async function idsIn(journal: Journal, partition: Partition) {
  return recordsOf(await readAll(journal, partition)).map(({ id }) => id)
}

test.each([
  ['an answer lost after the commit', 'cutAnswer', APPENDED],
  ['a connection lost before the request arrived', 'cutRequest', APPEND_REQUEST],
] as const)('%s: recorded once', async (_, cut, text) => {
  await openJournal(database.pool)
  const proxy = await startFaultProxy(database.url)
  const pool = database.openPool({ url: proxy.url })
  const journal = await createPostgresJournal({ pool })
  const appender = appenderOn(journal, alwaysTo(journal, [versionId(1)]))
  const room = aRoomIn(HERE, journal.partitions)
  proxy[cut](text, 3)
  const messages = Array.from({ length: 10 }, () => aMessage(room))
  const outcomes = await Promise.all(messages.map((message) => appender.submit(message)))
  expect(proxy.cuts).toBeGreaterThan(0)
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['recorded']))
  expect(await idsIn(journal, HERE)).toEqual(messages.map(({ id }) => id))
  await proxy.close()
})

test('backends killed at any moment: what is acknowledged is recorded once, and it recovers by itself', async () => {
  await openJournal(database.pool)
  const pool = database.openPool({ applicationName: 'victim' })
  const journal = await createPostgresJournal({ pool })
  const appender = appenderOn(journal, alwaysTo(journal, [versionId(1)]))
  const rooms = Array.from({ length: journal.partitions }, (_, n) => aRoomIn(toPartition(n), journal.partitions))
  let killed = 0
  let sending = true
  const kill = async () => {
    while (sending && killed < 20) {
      const { rowCount } = await database.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim' and state = 'active'`,
      )
      killed += rowCount ?? 0
    }
  }
  const killing = kill()
  const acknowledged = new Set<string>()
  const uncertain = new Set<string>()
  await Promise.all(
    rooms.map(async (room) => {
      for (let i = 0; i < 20 || killed < 20; i++) {
        const message = aMessage(room)
        const { status } = await appender.submit(message)
        if (status === 'recorded') acknowledged.add(message.id)
        if (status === 'unknown') uncertain.add(message.id)
      }
    }),
  )
  sending = false
  await killing
  const found = (await Promise.all(rooms.map((_, n) => idsIn(journal, toPartition(n))))).flat()
  expect(killed).toBeGreaterThanOrEqual(20)
  expect(new Set(found).size).toBe(found.length)
  expect(found.filter((id) => !acknowledged.has(id) && !uncertain.has(id))).toEqual([])
  const present = new Set<string>(found)
  expect([...acknowledged].filter((id) => !present.has(id))).toEqual([])
  expect(await appender.submit(aMessage(rooms[0] ?? anId()))).toEqual({ status: 'recorded' })
})

test('destinations that change under the traffic of two apis are exact at the commit', async () => {
  await openJournal(database.pool)
  await database.pool.query('create table route (room text primary key, version integer)')
  const journal = await createPostgresJournal({ pool: database.pool })
  const rooms = Array.from({ length: 3 }, () => aRoomIn(HERE, journal.partitions))
  const changes: { room: RoomId; to: number | null | 'gone'; head: number }[] = []
  for (const room of rooms) changes.push(await changeRoute(database.pool, room, 1))

  const sendThrough = async (pool: pg.Pool) => {
    const appender = appenderOn(await createPostgresJournal({ pool }), cachedRoutes(pool))
    const sent: { message: Submission; status: string }[] = []
    while (changing || sent.length < 300) {
      const batch = Array.from({ length: 10 }, (_, n) => aMessage(rooms[n % 3] ?? anId()))
      const outcomes = await Promise.all(batch.map((message) => appender.submit(message)))
      for (const [n, message] of batch.entries()) sent.push({ message, status: outcomes[n]?.status ?? '' })
    }
    return sent
  }
  let changing = true
  const sending = Promise.all([sendThrough(database.openPool({ max: 2 })), sendThrough(database.openPool({ max: 2 }))])
  for (const to of [2, 3, null, 1, 'gone', 2, 3, null, 'gone', 1, 2, 3] as const) {
    for (const room of rooms) changes.push(await changeRoute(database.pool, room, to))
    if (typeof to !== 'number') continue
    const head = async () => (await journal.heads([HERE])).get(HERE)?.head ?? 0
    const before = await head()
    await expect.poll(head, { timeout: 30_000 }).toBeGreaterThan(before + 10)
  }
  changing = false
  const sent = (await sending).flat()

  const journaled = recordsOf(await readAll(journal, HERE))
  for (const { roomId, position, destinations } of journaled) {
    const change = changes.findLast(({ room, head }) => room === roomId && head < position)
    expect([change?.to]).toEqual(destinations)
  }
  const found = new Set(journaled.map(({ id }) => id))
  expect(found.size).toBe(journaled.length)
  expect(sent.filter(({ status }) => status !== 'recorded' && status !== 'gone')).toEqual([])
  expect(sent.filter(({ message, status }) => status === 'gone' && found.has(message.id))).toEqual([])
})

// The heads are read while the change holds the partitions: what comes after them was committed after it.
async function changeRoute(pool: pg.Pool, room: RoomId, to: number | null | 'gone') {
  const client = await pool.connect()
  try {
    await client.query('begin')
    if (to === 'gone') await client.query('delete from route where room = $1', [room])
    else {
      await client.query(
        'insert into route values ($1, $2) on conflict (room) do update set version = excluded.version',
        [room, to],
      )
    }
    await announce(transactionOf(client))
    const { rows } = await client.query('select head from journal_partition where partition = $1', [HERE])
    await client.query('commit')
    return { room, to, head: Number(rows[0].head) }
  } finally {
    client.release()
  }
}

function cachedRoutes(pool: pg.Pool): Routes {
  let known: Awaited<ReturnType<Routes['resolve']>> | undefined
  return {
    resolve: async (_, { atLeast }) => {
      if (known && known.configVersion >= atLeast) return known
      const version = await pool.query('select config_version from journal_partition where partition = 0')
      const { rows } = await pool.query('select room, version from route')
      known = {
        configVersion: Number(version.rows[0].config_version),
        destinations: new Map(rows.map((row) => [row.room, row.version === null ? [] : [versionId(row.version)]])),
      }
      return known
    },
  }
}

test('200,000 messages in calls of 500 leave under 2,000 rows, and no table has a row a record', async () => {
  const { journal } = await openJournal(database.pool)
  const appender = appenderOn(journal, alwaysTo(journal, [versionId(1), versionId(2), versionId(3)]))
  const rooms = Array.from({ length: 160 }, anId)
  let calls = 0
  const call = async () => {
    while (calls < 400) {
      const n = calls++
      const messages = Array.from({ length: 500 }, (_, i) => aMessage(rooms[(n * 7 + i * i) % 160] ?? anId(), 120))
      const outcomes = await Promise.all(messages.map((message) => appender.submit(message)))
      if (outcomes.some(({ status }) => status !== 'recorded')) throw new Error('not recorded')
    }
  }
  await Promise.all([call(), call(), call(), call()])
  const { rows: recorded } = await database.pool.query('select sum(record_count) from journal_batch')
  expect(Number(recorded[0].sum)).toBe(200_000)
  const tables = await database.pool.query(`select tablename from pg_tables where schemaname = 'roomlog'`)
  for (const { tablename } of tables.rows) {
    const { rows } = await database.pool.query(`select count(*) from ${tablename}`)
    expect([tablename, Number(rows[0].count) < 2_000]).toEqual([tablename, true])
  }
})

test('a partition held by another ends as unavailable, surely not recorded', async () => {
  const { journal } = await openJournal(database.pool)
  const pool = database.openPool({ max: 1 })
  await pool.query(`set lock_timeout = '100ms'`)
  const impatient = await createPostgresJournal({ pool })
  const holder = await database.pool.connect()
  await holder.query('begin')
  await holder.query('select from journal_partition where partition = $1 for update', [HERE])
  const request = {
    partition: HERE,
    appendId: anAppendId(),
    configVersion: await journal.configVersion(HERE),
    records: records(1),
  }
  expect(await impatient.append(request)).toMatchObject({ status: 'unavailable', reason: /lock timeout/ })
  await holder.query('rollback')
  holder.release()
  expect((await journal.heads([HERE])).get(HERE)?.head).toBe(0)
  expect(await impatient.append(request)).toEqual({ status: 'appended', firstPosition: 1 })
})

test('a database that is away is unavailable, and back without a restart', async () => {
  const { journal } = await openJournal(database.pool)
  const proxy = await startFaultProxy(database.url)
  const pool = database.openPool({ url: proxy.url })
  const configVersion = await journal.configVersion(HERE)
  const away = await createPostgresJournal({ pool })
  const request = { partition: HERE, appendId: anAppendId(), configVersion, records: records(1) }
  await proxy.close()
  expect(await away.append(request)).toMatchObject({ status: expect.stringMatching(/unavailable|unknown/) })
  expect(await away.append(request)).toMatchObject({ status: 'unavailable' })
  expect((await journal.heads([HERE])).get(HERE)?.head).toBe(0)
  await proxy.open()
  expect(await away.append(request)).toEqual({ status: 'appended', firstPosition: 1 })
  await proxy.close()
})
