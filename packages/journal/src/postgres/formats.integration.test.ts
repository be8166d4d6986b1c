import { afterAll, beforeAll, expect, test } from 'vitest'
import { toPartition } from '../partition.ts'
import { START } from '../position.ts'
import { append, aRecord, batchesOf, readAll, records } from '../samples.contract.ts'
import { signInReaderOf, writersAsCountedBefore } from '../testing/disturb.ts'
import { openDatabase, openJournal, type TestDatabase } from './database.contract.ts'
import { assertNoneDropped, DroppedFormatError } from './formats.ts'

const HERE = toPartition(0)
const TTL_MS = 60_000
let database: TestDatabase

beforeAll(async () => {
  database = await openDatabase()
})
afterAll(() => database.close())

const chat = () =>
  Array.from({ length: 100 }, (_, n) => aRecord({ rest: Buffer.from(`","n":${n},"Content":"again"}}\n`) }))

async function formats() {
  const { rows } = await database.pool.query('select format from journal_batch order by first_position')
  return rows.map(({ format }) => format)
}

test.each(['signIn', 'roll'] as const)(
  'a format is written only while every living process reads it, as an api or a writer (%s) hears it',
  async (how) => {
    const { journal } = await openJournal(database.pool)
    const hear = async () => {
      if (how === 'signIn') await journal.signIn({ apiId: 'me', ttlMs: TTL_MS })
      else await journal.roll({ writerId: 'me', ttlMs: TTL_MS, held: [] })
    }
    await signInReaderOf(database.pool, 'older', [1])
    await hear()
    await append(journal, HERE, chat())
    expect(await formats()).toEqual([1])
    await journal.signOut('older')
    await append(journal, HERE, chat())
    await hear()
    await append(journal, HERE, chat())
    expect(await formats()).toEqual([1, 1, 4])
    // What a version reads that does not say so is known.
    await signInReaderOf(database.pool, 'landed', undefined)
    await hear()
    await append(journal, HERE, chat())
    expect(await formats()).toEqual([1, 1, 4, 1])
    expect(await readAll(journal, HERE)).toHaveLength(4)
  },
)

test('an api in the roll is no writer to any version, and leaves', async () => {
  const { journal } = await openJournal(database.pool)
  await journal.signIn({ apiId: 'api', ttlMs: TTL_MS })
  await journal.roll({ writerId: 'writer', ttlMs: TTL_MS, held: [] })
  expect([await journal.writers(), await writersAsCountedBefore(database.pool)]).toEqual([1, 1])
  await journal.signOut('api')
  const { rows } = await database.pool.query('select id from journal_writer')
  expect(rows).toEqual([{ id: 'writer' }])
})

test('nothing is set aside while a writer lives that could not read the tombstone', async () => {
  const { journal, damage, setAside } = await openJournal(database.pool)
  await append(journal, HERE, records(3))
  await damage(HERE, 1, 'bytes')
  await signInReaderOf(database.pool, 'landed', undefined)
  expect(await setAside(HERE, 1)).toEqual({ status: 'too early' })
  const from = { partition: HERE, after: START, afterAppendId: undefined, bytesMax: 1_000 }
  expect(await journal.read(from)).toMatchObject({ status: 'damaged' })
  await journal.signOut('landed')
  expect(await setAside(HERE, 1)).toMatchObject({ status: 'set aside' })
  expect(batchesOf(await journal.read(from))).toHaveLength(1)
})

test('a version that has dropped a format does not start while a batch of it is there, and says what to do', async () => {
  const { journal } = await openJournal(database.pool)
  await append(journal, HERE, records(1))
  await assertNoneDropped(database.pool, [2])
  const starting = assertNoneDropped(database.pool, [1, 2])
  await expect(starting).rejects.toThrow(DroppedFormatError)
  await expect(starting).rejects.toThrow(/of format 1, .* Start the version before/)
})
