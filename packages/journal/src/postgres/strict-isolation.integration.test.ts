import { afterAll, beforeAll, expect, test } from 'vitest'
import { keyed } from '../keys.contract.ts'
import { toPartition } from '../partition.ts'
import type { Journal } from '../port.ts'
import { anAppendId, appenderOn, aRecord, aRoomIn, readAll, records, recordsOf } from '../samples.contract.ts'
import { openDatabase, openJournal, type TestDatabase, waitingForLock } from './database.contract.ts'
import { createPostgresJournal } from './journal.ts'

const HERE = toPartition(0)
let database: TestDatabase

beforeAll(async () => {
  database = await openDatabase()
})
afterAll(() => database.close())

/** An api's journal, whose transactions are as strict as that. */
async function journalAt(isolation: string): Promise<Journal> {
  const pool = database.openPool({ max: 1 })
  await pool.query(`set default_transaction_isolation = '${isolation}'`)
  return createPostgresJournal({ pool })
}

test.each(['repeatable read', 'serializable'])(
  'an append that loses for certain (%s) is asked for again',
  async (isolation) => {
    await openJournal(database.pool)
    const journal = await journalAt(isolation)
    const configVersion = await journal.configVersion(HERE)
    const rival = await database.pool.connect()
    await rival.query('begin')
    await rival.query('update journal_partition set head = head where partition = $1', [HERE])
    const appending = journal.append({ partition: HERE, appendId: anAppendId(), configVersion, records: records(2) })
    await waitingForLock(database)
    await rival.query('commit')
    rival.release()
    expect(await appending).toEqual({ status: 'appended', firstPosition: 1 })
    expect((await journal.heads([HERE])).get(HERE)?.head).toBe(2)
  },
)

test.each(['repeatable read', 'serializable'])(
  'appends of three apis that lose against each other (%s) are asked for again, and recorded once',
  async (isolation) => {
    await openJournal(database.pool)
    const journals = await Promise.all([1, 2, 3].map(() => journalAt(isolation)))
    const room = aRoomIn(HERE, journals[0]?.partitions ?? 1)
    const sent = journals.map(async (journal) => {
      const appender = appenderOn(journal)
      const ids: string[] = []
      for (let i = 0; i < 60; i++) {
        const { destinations: _, ...message } = aRecord({ roomId: room })
        expect(await appender.submit(message)).toEqual({ status: 'recorded' })
        ids.push(message.id)
      }
      return ids
    })
    const ids = await Promise.all(sent)
    const found = recordsOf(await readAll(journals[0] ?? (await journalAt(isolation)), HERE)).map(({ id }) =>
      String(id),
    )
    expect(found.toSorted()).toEqual(ids.flat().toSorted())
    for (const mine of ids) expect(found.filter((id) => mine.includes(id))).toEqual(mine)
  },
)

test("whatever the role's default is, our sessions are at the level that the statements are written for", async () => {
  await database.pool.query(`do $$ begin
    execute format('alter database %I set default_transaction_isolation = %L', current_database(), 'serializable');
  end $$`)
  const { rows } = await database.openPool({ max: 1 }).query('show transaction_isolation')
  expect(rows).toEqual([{ transaction_isolation: 'read committed' }])
})

test.each(['repeatable read', 'serializable'])(
  'of appends with one key over three apis (%s) one is recorded, and the others learn of it',
  async (isolation) => {
    await openJournal(database.pool)
    const journals = await Promise.all([1, 2, 3].map(() => journalAt(isolation)))
    const room = aRoomIn(HERE, journals[0]?.partitions ?? 1)
    for (let round = 0; round < 20; round++) {
      const outcomes = await Promise.all(
        journals.map(async (journal) => {
          const { record, key } = keyed(room, `k${round}`)
          const configVersion = await journal.configVersion(HERE)
          const request = { partition: HERE, appendId: anAppendId(), configVersion, records: [record], keys: [key] }
          return { status: (await journal.append(request)).status, found: await journal.findKeys([key]) }
        }),
      )
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['appended', 'known', 'known'])
      expect(new Set(outcomes.map(({ found }) => found[0]?.id)).size).toBe(1)
    }
    expect(recordsOf(await readAll(journals[0] ?? (await journalAt(isolation)), HERE))).toHaveLength(20)
  },
)
