import { randomBytes } from 'node:crypto'
import { createPool } from '@roomlog/db'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ambient, createTestDatabase, startApi, type TestApi } from '../test/start-api.ts'

let pool: pg.Pool
let api: TestApi
/** What the next draws of an id find. */
const draws: Buffer[] = []

beforeAll(async () => {
  const { url } = await createTestDatabase()
  const draw = (n: number) => (n === 4 ? (draws.shift() ?? randomBytes(n)) : randomBytes(n))
  api = await startApi(url, { ambient: { ...ambient, randomBytes: draw } })
  pool = createPool({ url, max: 1, applicationName: 'test' })
})
afterAll(() => Promise.all([api?.close(), pool?.end()]))

const pointAt = (bucketName: string) => ({ destinationConfiguration: { s3: { bucketName } } })

async function versionsOf(id: string) {
  const { rows } = await pool.query<{ id: number; created_at: Date }>(
    'select id, created_at from destination_version where logging_configuration_id = $1 order by created_at',
    [id],
  )
  return rows
}

test('the id of a destination version is drawn, so that a restored database does not give it out again; one that is taken is drawn anew', async () => {
  const drawn = Buffer.from([1, 2, 3, 4])
  draws.push(drawn)
  const one = (await api.call('loggingConfiguration.create', pointAt('one-bucket'))).data
  draws.push(drawn, drawn, Buffer.from([1, 2, 3, 5]))
  const two = (await api.call('loggingConfiguration.create', pointAt('two-bucket'))).data
  expect(await versionsOf(one.id)).toMatchObject([{ id: 0x41020304 }])
  expect(await versionsOf(two.id)).toMatchObject([{ id: 0x41020305 }])
})

test('of versions of one configuration a later one is later by its time too, whatever the clock and the ids say', async () => {
  const { id, arn } = (await api.call('loggingConfiguration.create', pointAt('one-bucket'))).data
  await pool.query(
    `update destination_version set created_at = created_at + interval '1 hour' where logging_configuration_id = $1`,
    [id],
  )
  draws.push(Buffer.alloc(4))
  const update = { identifier: arn, ...pointAt('two-bucket') }
  expect((await api.call('loggingConfiguration.update', update)).status).toBe(200)
  const [first, second] = await versionsOf(id)
  expect(second?.id).toBe(2 ** 30)
  expect(second?.created_at.getTime()).toBe((first?.created_at.getTime() ?? 0) + 1)
})
