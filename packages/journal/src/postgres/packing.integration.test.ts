import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toPartition } from '../partition.ts'
import { START } from '../position.ts'
import { append, aRecord, batchesOf, readAll, records, recordsOf } from '../samples.contract.ts'
import { openDatabase, openJournal, type TestDatabase } from './database.contract.ts'

const HERE = toPartition(0)
let database: TestDatabase

beforeAll(async () => {
  database = await openDatabase()
})
afterAll(() => database.close())

const chat = (count: number, text = 'who is that') =>
  Array.from({ length: count }, (_, n) =>
    aRecord({ rest: Buffer.from(`","Type":"MESSAGE","n":${n},"Content":"${text}"}}\n`) }),
  )

/** Packs from the first batch on: it has heard that all who live can read that. */
async function openPacking() {
  const { journal } = await openJournal(database.pool)
  await journal.signIn({ apiId: 'api', ttlMs: 60_000 })
  return journal
}

async function stored() {
  const { rows } = await database.pool.query(
    `select format, octet_length(records) as bytes, unpacked_bytes
       from journal_batch where partition = $1 order by first_position`,
    [HERE],
  )
  return rows
}

test('batches of chat are stored packed; small ones, and what does not repeat, as they are; all are read as they were', async () => {
  const journal = await openPacking()
  const noise = [aRecord({ rest: randomBytes(10_000) })]
  const batches = [records(2), chat(3_000), noise, chat(100), chat(20)]
  for (const batch of batches) await append(journal, HERE, batch)

  const rows = await stored()
  expect(rows.map(({ format }) => format)).toEqual([1, 4, 1, 4, 1])
  const bytes = batches.map((batch) => batch.reduce((sum, record) => sum + record.bytes.length, 0))
  expect(rows.map((row) => row.unpacked_bytes ?? row.bytes)).toEqual(bytes)
  for (const packed of rows.filter(({ format }) => format === 4)) {
    expect(packed.bytes).toBeLessThan(packed.unpacked_bytes / 2)
  }

  const read = await readAll(journal, HERE)
  expect(recordsOf(read).map(({ id, text }) => [id, text])).toEqual(
    batches.flat().map(({ id, bytes }) => [id, Buffer.from(bytes).toString('utf8')]),
  )
})

test('a read takes what fits into its bytes unpacked, however little is stored', async () => {
  const journal = await openPacking()
  for (let n = 0; n < 10; n++) await append(journal, HERE, chat(1_000, 'hello'.repeat(20)))
  const [{ unpacked_bytes: whole }] = await stored()
  const read = async (bytesMax: number) =>
    batchesOf(await journal.read({ partition: HERE, after: START, afterAppendId: undefined, bytesMax })).length
  expect([await read(1), await read(2.5 * whole), await read(10 * whole)]).toEqual([1, 3, 10])
})

test.each([
  ['is cut short', 'records = substring(records for octet_length(records) - 9)'],
  ['has another length', 'unpacked_bytes = unpacked_bytes + 1'],
  ['has no length', 'unpacked_bytes = null'],
  ['has a length that takes all memory', 'unpacked_bytes = 2147483647'],
])('a packed row that %s is not delivered, also where it has no checksum', async (_, damage) => {
  const journal = await openPacking()
  await append(journal, HERE, chat(1_000))
  await database.pool.query(`update journal_batch set ${damage}, crc32 = null`)
  const read = journal.read({ partition: HERE, after: START, afterAppendId: undefined, bytesMax: 1_000_000 })
  expect(await read).toEqual({ status: 'damaged', position: 1, reason: 'its records cannot be unpacked' })
})

test('what earlier versions packed as LZ4 is read as it was', async () => {
  const { journal } = await openJournal(database.pool)
  const batch = chat(100)
  await append(journal, HERE, batch)
  const bytes = Buffer.concat(batch.map((record) => record.bytes))
  const size = Buffer.alloc(4)
  size.writeUInt32LE(bytes.length + 0x8000_0000)
  const frame = Buffer.concat([Buffer.from('04224d18604082', 'hex'), size, bytes, Buffer.alloc(4)])
  await database.pool.query('update journal_batch set format = 2, records = $1, unpacked_bytes = $2, crc32 = null', [
    frame,
    bytes.length,
  ])
  expect(recordsOf(await readAll(journal, HERE)).map(({ id }) => id)).toEqual(batch.map(({ id }) => id))
})

test('a read is over when it is over: the time that it may take leaves no timer behind', async () => {
  const { journal } = await openJournal(database.pool)
  await append(journal, HERE, records(3))
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  for (let n = 0; n < 20; n++) await readAll(journal, HERE)
  expect(timers() - before).toBeLessThan(20)
})
