import { afterAll, beforeAll, expect, test } from 'vitest'
import { toPartition } from '../partition.ts'
import { toPosition } from '../position.ts'
import { anAppendId, anId, aRoomIn, aToken, lettersOf, readAll, settle, versionId } from '../samples.contract.ts'
import { openDatabase, openJournal, type TestDatabase } from './database.contract.ts'

const HERE = toPartition(0)
let database: TestDatabase

beforeAll(async () => {
  database = await openDatabase()
})
afterAll(() => database.close())

test('a redrive that ends between its steps has sent nothing and forgotten nothing', async () => {
  const { journal } = await openJournal(database.pool)
  const lease = { partition: HERE, token: aToken() }
  await journal.acquire({ ...lease, writerId: 'writer', ttlMs: 60_000 })
  const letter = {
    destinationVersionId: versionId(1),
    position: toPosition(1),
    roomId: aRoomIn(HERE, journal.partitions),
    id: anId(),
    reason: 'too old',
    bytes: Buffer.from('{"text":"1"}\n'),
  }
  await settle(journal, lease, { lanes: [], closed: [], totals: [], deadLetters: [letter] })
  const request = {
    from: [versionId(1)],
    letterIds: undefined,
    lettersMax: 100,
    to: versionId(3),
    configVersion: await journal.configVersion(HERE),
    newAppendId: anAppendId,
  }
  await database.pool.query(`
    create function refuse() returns trigger language plpgsql as $$ begin raise 'the session ends here'; end $$;
    create trigger refuse before delete on dead_letter for each row execute function refuse()`)
  await expect(journal.redrive(request)).rejects.toThrow('the session ends here')
  expect(await readAll(journal, HERE)).toEqual([])
  expect(await lettersOf(journal)).toMatchObject([{ id: letter.id }])
  await database.pool.query('drop trigger refuse on dead_letter')
  expect(await journal.redrive(request)).toEqual({ status: 'redriven', letters: 1 })
  expect(await readAll(journal, HERE)).toHaveLength(1)
})
