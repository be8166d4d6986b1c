import { type TestDatabase, testPostgres } from '@roomlog/embedded-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, createPool } from './index.ts'
import { migrate } from './migrate.ts'

let database: TestDatabase

beforeAll(async () => {
  const postgres = await testPostgres({ prepare: (url) => migrate({ url }) })
  database = await postgres.createDatabase()
})
afterAll(() => database.drop())

test('the client works in the schema roomlog, raw SQL included', async () => {
  const db = connect(database.url)
  await db.account.create({ data: { id: '123456789012' } })
  const count = await db.$transaction(async (tx) => {
    await tx.room.create({
      data: {
        id: 'abcdefghijkl',
        accountId: '123456789012',
        name: '',
        maximumMessageRatePerSecond: 10,
        maximumMessageLength: 500,
        tags: { team: 'chat' },
      },
    })
    return tx.$executeRawUnsafe('update room set name = name')
  })
  expect(count).toBe(1)
  expect(await db.room.findMany({ select: { tags: true }, orderBy: [{ updatedAt: 'desc' }, { id: 'desc' }] })).toEqual([
    { tags: { team: 'chat' } },
  ])
  await db.$disconnect()
})

test('the pool keeps the options of its URL and bounds every wait', async () => {
  const url = new URL(database.url)
  url.searchParams.set('schema', 'public')
  url.searchParams.set('options', '-c work_mem=8MB')
  const pool = createPool({ url: String(url), max: 2, applicationName: 'test-pool' })
  const { rows } = await pool.query(
    `select current_schema() as schema, current_setting('work_mem') as memory, current_setting('statement_timeout') as statement,
       current_setting('lock_timeout') as lock, current_setting('application_name') as name`,
  )
  expect(rows).toEqual([{ schema: 'roomlog', memory: '8MB', statement: '30s', lock: '10s', name: 'test-pool' }])
  await pool.end()
})

test('the pool reads bigint as an exact number, or not at all', async () => {
  const pool = createPool({ url: database.url, max: 1, applicationName: 'test-pool' })
  expect((await pool.query('select 9007199254740991::bigint as n')).rows).toEqual([{ n: Number.MAX_SAFE_INTEGER }])
  await expect(pool.query('select 9007199254740993::bigint as n')).rejects.toThrow(/beyond/)
  await pool.end()
})

test('the pool survives a session that the server ends', async () => {
  const errors: Error[] = []
  const pool = createPool({
    url: database.url,
    max: 1,
    applicationName: 'ended',
    onError: (error) => errors.push(error),
  })
  await pool.query('select 1')
  const other = createPool({ url: database.url, max: 1, applicationName: 'test-pool' })
  const told = new Promise((resolve) => pool.once('error', resolve))
  await other.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ended'`)
  await told
  expect(errors).toHaveLength(1)
  expect((await pool.query('select 1 as n')).rows).toEqual([{ n: 1 }])
  await Promise.all([pool.end(), other.end()])
})
