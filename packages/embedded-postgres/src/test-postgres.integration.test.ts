import pg from 'pg'
import { expect, test } from 'vitest'
import { testPostgres } from './index.ts'

test('gives each test a prepared database of its own', async () => {
  let prepared = 0
  const postgres = await testPostgres({
    prepare: async (url) => {
      prepared += 1
      await query(url, 'create table t (id int); insert into t values (1)')
    },
  })
  const [one, two] = await Promise.all([postgres.createDatabase(), postgres.createDatabase()])
  await query(one.url, 'insert into t values (2)')
  expect(await query(one.url, 'select count(*)::int as n from t')).toEqual([{ n: 2 }])
  expect(await query(two.url, 'select count(*)::int as n from t')).toEqual([{ n: 1 }])
  expect(prepared).toBe(1)

  await one.drop()
  await expect(query(one.url, 'select 1')).rejects.toMatchObject({ code: '3D000' })
  await two.drop()
})

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const result = await client.query(sql)
    return result.rows
  } finally {
    await client.end()
  }
}
