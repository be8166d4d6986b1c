import { uptime } from 'node:os'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { toPartition } from '../partition.ts'
import { openDatabase, openJournal, type TestDatabase } from '../postgres/database.contract.ts'
import { append, aToken, records } from '../samples.contract.ts'
import { run } from './run.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await openDatabase()
})
afterAll(() => database.close())

beforeEach(async () => {
  const { journal } = await openJournal(database.pool)
  for (let n = 0; n < 2; n++) await append(journal, toPartition(2), records(10))
  const lease = { partition: toPartition(2), token: aToken(), writerId: 'writer-7', ttlMs: 60_000 }
  await journal.acquire(lease)
})

/** The exit code, and what was said. */
async function command(line: string, url = database.url, wallAheadMs = 0) {
  const said: string[] = []
  const say = (text: string) => void said.push(text)
  const clocks = {
    monotonicNs: () => process.hrtime.bigint(),
    wallMs: () => Date.now() + wallAheadMs,
    uptimeMs: () => uptime() * 1_000,
  }
  const args = line.split(' ').filter(Boolean)
  const code = await run(args, { DATABASE_URL: url }, { print: say, complain: say }, clocks)
  return { code, said: said.join('\n') }
}

test('a damaged batch is shown, set aside, and shown as such', async () => {
  await database.pool.query(`update journal_batch set index = substring(index for 20) where first_position = 11`)
  await database.pool.query(
    `update journal_progress set trouble = 'damaged at 11', trouble_position = 11 where partition = 2`,
  )
  const before = await command('list')
  expect(before.code).toBe(0)
  expect(before.said).toMatch(/^partition +head +dispatched +lag +writer +lease$/m)
  expect(before.said).toMatch(/^2 +20 +0 +20 +writer-7 +\d+ s$/m)
  expect(before.said).toContain('damaged at 11')
  expect(await command('set-aside --partition 2 --position 15')).toEqual({
    code: 0,
    said:
      'Set aside: positions 11 to 20, because its checksum does not fit.\n' +
      '  given up: at most 10 records of destination version 1',
  })
  const after = await command('list')
  expect(after.said).not.toContain('damaged at 11')
  expect(after.said).toMatch(/partition 2, positions 11 to 20, 20\S+Z: its checksum does not fit/)
})

test.each([
  ['--partition 2 --position 15', 'the batch verifies'],
  ['--partition 2 --position 21', 'no such partition or position'],
  ['--partition 9 --position 1', 'no such partition or position'],
])('set-aside %s is refused: %s', async (options, words) => {
  const { code, said } = await command(`set-aside ${options}`)
  expect([code, said]).toEqual([1, expect.stringContaining(`Nothing was changed: `)])
  expect(said).toContain(words)
  const { rows } = await database.pool.query('select count(*)::int as batches from journal_batch where format < 3')
  expect(rows).toEqual([{ batches: 2 }])
})

test('a partition that was left ahead is shown, healed, and right; the others are left alone', async () => {
  const { journal } = await openJournal(database.pool)
  for (const partition of [1, 3].map(toPartition)) {
    await append(journal, partition, records(1, { timeMs: Date.now() + 26 * 3_600_000 }))
  }
  const dry = await command('heal-time --all --dry-run')
  expect(dry.code).toBe(0)
  expect(dry.said).toMatch(/^Partition 1 is 93\d{3}\.\d s ahead; without --dry-run/m)
  expect(dry.said).toMatch(/^Partition 2 is right\.$/m)
  expect((await command('heal-time --partition 1')).said).toMatch(
    /^Partition 1 was 93\d{3}\.\d s ahead; its time begins again/,
  )
  const after = await command('heal-time --all --dry-run')
  expect(after.said).toMatch(/^Partition 1 is right\.$/m)
  expect(after.said).toMatch(/^Partition 3 is 93\d{3}\.\d s ahead/m)
  expect((await command('heal-time --all')).code).toBe(0)
  expect((await command('heal-time --partition 3')).said).toBe('Partition 3 is right.')
})

test('no time is healed while nobody can say what time it is, nor in a partition that is not there', async () => {
  const { code, said } = await command('heal-time --all', database.url, 3_600_000)
  expect([code, said]).toEqual([1, expect.stringContaining('Nothing was done.')])
  expect(await command('heal-time --partition 9')).toMatchObject({
    code: 1,
    said: expect.stringContaining('There is no partition 9'),
  })
})

test('it says how it is used, and what is wrong with how it was', async () => {
  const help = await command('--help')
  expect(help.code).toBe(0)
  expect(help.said).toContain('roomlog-journal set-aside --partition N --position N')
  for (const line of [
    '',
    'destroy',
    'toString',
    'set-aside',
    'set-aside --partition 1 --position x',
    'list --all',
    'heal-time',
    'heal-time --all --partition 1',
  ]) {
    expect((await command(line)).code, line).toBe(2)
  }
  expect(await command('list', 'mysql://localhost')).toMatchObject({
    code: 2,
    said: expect.stringContaining('DATABASE_URL'),
  })
})

test('a database that is not there, or not of Roomlog, fails in words', async () => {
  expect(await command('list', 'postgresql://127.0.0.1:1/none')).toMatchObject({ code: 1 })
  await database.pool.query('alter schema roomlog rename to other')
  const { code, said } = await command('list')
  await database.pool.query('alter schema other rename to roomlog')
  expect([code, said]).toEqual([1, expect.stringContaining('run roomlog-migrate')])
})
