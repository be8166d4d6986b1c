import { afterAll, beforeAll, expect, test } from 'vitest'
import { toPartition } from '../partition.ts'
import { anAppendId, aRecord, aRoomIn, readAll, recordsOf, versionId } from '../samples.contract.ts'
import { openDatabase, openJournal, type TestDatabase } from './database.contract.ts'
import { startFaultProxy } from './fault-proxy.contract.ts'
import { createPostgresJournal } from './journal.ts'

const HERE = toPartition(0)
const THERE = toPartition(1)
let database: TestDatabase

beforeAll(async () => {
  database = await openDatabase()
})
afterAll(() => database.close())

test('a redrive whose connection breaks, wherever it does, has sent each letter once or not at all', async () => {
  const proxy = await startFaultProxy(database.url)
  const pool = database.openPool({ url: proxy.url, max: 1 })
  const { journal } = await openJournal(database.pool)
  const through = await createPostgresJournal({ pool })
  const redrive = async () =>
    through.redrive({
      from: [versionId(1)],
      letterIds: undefined,
      lettersMax: 100,
      to: versionId(2),
      configVersion: await journal.configVersion(HERE),
      newAppendId: anAppendId,
    })
  let buried: readonly string[] = []
  const bury = async () => {
    for (const partition of [HERE, THERE]) {
      const { id, bytes } = aRecord()
      buried = [...buried, id]
      await database.pool.query(
        `insert into dead_letter (destination_version_id, partition, position, room_id, record_id, reason, record)
         values (1, $1, $2, $3, $4, 'too old', $5)`,
        [partition, buried.length, aRoomIn(partition, journal.partitions), id, bytes],
      )
    }
  }
  const waiting = async () => {
    const { rows } = await database.pool.query<{ id: string }>('select record_id as id from dead_letter')
    return rows.map(({ id }) => id)
  }
  const sent = async () =>
    recordsOf([...(await readAll(journal, HERE)), ...(await readAll(journal, THERE))]).map(({ id }) => String(id))

  const statements = ['from dead_letter', 'begin', 'skip locked', 'journal-append', 'delete from', 'commit']
  const answers = ['BEGIN', 'INSERT', 'DELETE', 'COMMIT']
  const faults = [
    ...statements.map((text) => () => proxy.cutRequest(text, 1)),
    ...answers.map((text) => () => proxy.cutAnswer(text, 1)),
  ]
  for (const [n, fault] of faults.entries()) {
    await bury()
    fault()
    await expect(redrive()).rejects.toThrow()
    expect(proxy.cuts).toBe(n + 1)
    expect([...(await waiting()), ...(await sent())].sort()).toEqual([...buried].sort())
  }
  await redrive()
  expect(await waiting()).toEqual([])
  expect((await sent()).sort()).toEqual([...buried].sort())
  await proxy.close()
})
