import { createPool } from '@roomlog/db'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../../test/start-api.ts'
import { warnOfLostCommits } from './durability.ts'

test('a role or database whose commits may be lost is told of at the start; one that keeps them is not', async () => {
  const { url } = await createTestDatabase()
  const warnings: unknown[] = []
  const check = async () => {
    const pool = createPool({ url, max: 1, applicationName: 'test' })
    await warnOfLostCommits(pool, { warn: (facts: unknown) => warnings.push(facts) })
    await pool.end()
  }
  await check()
  expect(warnings).toEqual([])
  const operator = createPool({ url, max: 1, applicationName: 'test' })
  await operator.query(
    `do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$`,
  )
  await operator.end()
  await check()
  expect(warnings).toEqual([{ event: 'api.commitsNotDurable', settings: ['synchronous_commit'] }])
})
