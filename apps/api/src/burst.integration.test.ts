import { createPool } from '@roomlog/db'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACCOUNT, createTestDatabase, startApi, type TestApi } from '../test/start-api.ts'

let databaseUrl: string
let api: TestApi

beforeAll(async () => {
  databaseUrl = (await createTestDatabase()).url
  api = await startApi(databaseUrl)
})
afterAll(() => api?.close())

const CALLS = 1_200
const CALLS_PER_REQUEST = 50

// A demo with thousands of rooms made all connections wait for one account's lock; whoever else needed one was told
// that the database is away, and so were the demo's own calls after 10 s.
test('thousands of rooms created at once wait their turn or are told to try again, and stand in the way of nobody', async () => {
  const pool = createPool({ url: databaseUrl, max: 2, applicationName: 'test' })
  const holder = await pool.connect()
  await holder.query('begin')
  await holder.query('select from account where id = $1 for no key update', [ACCOUNT])
  const requests = Array.from({ length: CALLS / CALLS_PER_REQUEST }, () => createRooms())
  await expect
    .poll(async () => {
      const { rows } = await pool.query(`select from pg_stat_activity where wait_event_type = 'Lock'`)
      return rows.length
    })
    .toBeGreaterThanOrEqual(5)
  expect(await api.call('room.list')).toMatchObject({ status: 200, data: { rooms: [] } })
  await holder.query('commit')
  holder.release()

  const answers = (await Promise.all(requests)).flat()
  const refused = answers.filter((refusal) => refusal !== undefined)
  expect(new Set(refused)).toEqual(
    new Set(['ServiceUnavailable: Too many changes wait for their turn; nothing was changed, try again']),
  )
  const { rows } = await pool.query('select count(*) as rooms from room')
  expect(rows).toEqual([{ rooms: CALLS - refused.length }])
  await pool.end()
}, 60_000)

/** Of each call why it was refused, or undefined. */
async function createRooms(): Promise<(string | undefined)[]> {
  const calls = Array.from({ length: CALLS_PER_REQUEST }, (_, index) => index)
  const response = await fetch(`${api.url}/trpc/${calls.map(() => 'room.create').join(',')}?batch=1`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(Object.fromEntries(calls.map((index) => [index, {}]))),
  })
  const answers: unknown = await response.json()
  if (!Array.isArray(answers)) throw new Error('a batch is answered by a list')
  return answers.map((answer) => {
    const ivs = Object(Object(answer).error).data?.ivs
    return ivs === undefined ? undefined : `${ivs.name}: ${ivs.message}`
  })
}
