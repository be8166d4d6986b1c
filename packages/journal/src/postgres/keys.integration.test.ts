import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyed } from '../keys.contract.ts'
import { toPartition } from '../partition.ts'
import type { Journal } from '../port.ts'
import { anAppendId, append, appenderOn, aRoomIn, readAll, records, recordsOf } from '../samples.contract.ts'
import type { Submission, SubmitOutcome } from '../submission.ts'
import { signInReaderOf } from '../testing/disturb.ts'
import { openDatabase, openJournal, type TestDatabase } from './database.contract.ts'
import { startFaultProxy } from './fault-proxy.contract.ts'
import { createPostgresJournal } from './journal.ts'

const HERE = toPartition(0)
let database: TestDatabase

beforeAll(async () => {
  database = await openDatabase()
})
afterAll(() => database.close())

function aMessage({ record, key }: ReturnType<typeof keyed>): Submission {
  const { destinations: _, ...message } = record
  return { ...message, once: key }
}

const idOf = (outcome: SubmitOutcome, { id }: Submission) => (outcome.status === 'repeated' ? outcome.id : id)

async function recorded(journal: Journal) {
  return recordsOf(await readAll(journal, HERE)).map(({ id }) => id)
}

test('calls without a key touch no table of keys', async () => {
  const { journal } = await openJournal(database.pool)
  await database.pool.query('alter table journal_key rename to journal_key_away')
  try {
    const { firstPosition } = await append(journal, HERE, records(2))
    expect(firstPosition).toBe(1)
    const { record } = keyed(aRoomIn(HERE, journal.partitions), 'k')
    expect(await appenderOn(journal).submit(record)).toEqual({ status: 'recorded' })
  } finally {
    await database.pool.query('alter table journal_key_away rename to journal_key')
  }
})

test('an api that dies between its commit and its answer: asked again at another, it is recorded once', async () => {
  const { journal } = await openJournal(database.pool)
  const room = aRoomIn(HERE, journal.partitions)
  const proxy = await startFaultProxy(database.url)
  const dying = await createPostgresJournal({ pool: database.openPool({ url: proxy.url }) })
  const first = keyed(room, 'k')
  const configVersion = await journal.configVersion(HERE)
  proxy.cutAnswer('first_position', 1)
  const request = { partition: HERE, appendId: anAppendId(), configVersion, records: [first.record], keys: [first.key] }
  expect((await dying.append(request)).status).toBe('unknown')
  const { id, sendTime } = first.key
  expect(await appenderOn(journal).submit(aMessage(keyed(room, 'k')))).toEqual({ status: 'repeated', id, sendTime })
  expect(await recorded(journal)).toEqual([id])
  await proxy.close()
})

test('under the traffic of three apis that lose answers, each key is recorded once, and all hear of the one', async () => {
  const { journal } = await openJournal(database.pool)
  const proxy = await startFaultProxy(database.url)
  const pools = [1, 2, 3].map(() => database.openPool({ url: proxy.url, max: 4 }))
  const appenders = (await Promise.all(pools.map((pool) => createPostgresJournal({ pool })))).map(appenderOn)
  const rooms = Array.from({ length: 3 }, () => aRoomIn(HERE, journal.partitions))
  const told = new Map<string, Set<string>>()
  const plain: string[] = []
  const sendThrough = async (appender: (typeof appenders)[number], from: number) => {
    for (let n = 0; n < 40; n++) {
      if (n % 10 === from) proxy.cutAnswer('first_position', 1)
      const call = rooms.flatMap((room) => {
        const message = aMessage(keyed(room, `k${n}`))
        const unkeyed: Submission = { ...aMessage(keyed(room, 'unused')), once: undefined }
        return [message, unkeyed]
      })
      const outcomes = await appender.submitAll(call)
      for (const [i, message] of call.entries()) {
        const outcome = outcomes[i]
        if (outcome === undefined || !['recorded', 'repeated'].includes(outcome.status)) {
          throw new Error(`not recorded: ${JSON.stringify(outcome)}`)
        }
        if (message.once === undefined) plain.push(message.id)
        else {
          const name = `${message.roomId} ${message.once.key}`
          told.set(name, (told.get(name) ?? new Set()).add(idOf(outcome, message)))
        }
      }
    }
  }
  await Promise.all(appenders.map(sendThrough))
  expect(proxy.cuts).toBeGreaterThan(0)
  const ids = [...told.values()].flatMap((each) => [...each])
  expect(ids).toHaveLength(3 * 40)
  expect((await recorded(journal)).toSorted()).toEqual([...ids, ...plain].toSorted())
  await proxy.close()
})

test('keys are read by their index, however many there are', async () => {
  const { journal } = await openJournal(database.pool)
  await database.pool.query(
    `insert into journal_key (room_id, key, hash, record_id, send_time, created_at)
     select lpad(n::text, 12, '0'), 'k', '', lpad(n::text, 12, '0'), '', now() from generate_series(1, 20000) n`,
  )
  await database.pool.query('analyze journal_key')
  const scans = async () => {
    await database.pool.query('select pg_stat_force_next_flush()')
    const { rows } = await database.pool.query(
      `select seq_scan::float8 as all from pg_stat_user_tables where relname = 'journal_key'`,
    )
    return rows[0].all
  }
  const before = await scans()
  const room = aRoomIn(HERE, journal.partitions)
  const given = Array.from({ length: 100 }, (_, n) => keyed(room, `k${n}`))
  await appenderOn(journal).submitAll(given.map(aMessage))
  expect(await journal.findKeys(given.map(({ key }) => key))).toHaveLength(100)
  expect(await journal.forgetKeys()).toBe(0)
  expect(await scans()).toBe(before)
})

test('keys are honoured only while every api that is signed in records them', async () => {
  const { journal } = await openJournal(database.pool)
  const signIn = () => journal.signIn({ apiId: 'me', ttlMs: 60_000 })
  expect(await signIn()).toEqual({ allKnowKeys: true })
  // A writer says nothing of keys.
  await signInReaderOf(database.pool, 'writer', [1, 2, 3])
  expect(await signIn()).toEqual({ allKnowKeys: true })
  await database.pool.query(
    `insert into journal_writer (id, expires_at, formats, api_expires_at)
     values ('landed', now() - interval '1 s', '{1,2,3}', now() + interval '1 minute')`,
  )
  expect(await signIn()).toEqual({ allKnowKeys: false })
  await journal.signOut('landed')
  expect(await signIn()).toEqual({ allKnowKeys: true })
})
