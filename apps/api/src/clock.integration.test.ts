import { createPool } from '@roomlog/db'
import { fakeDatabaseClock } from '@roomlog/embedded-postgres'
import { batches } from '@roomlog/journal/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readJournal } from '../test/journal.ts'
import { ambient, createTestDatabase, startApi, type TestApi } from '../test/start-api.ts'

const HOUR_MS = 3_600_000
const timeout = 60_000

let databaseUrl: string
let pool: ReturnType<typeof createPool>
let shift: (aheadMs: number) => Promise<void>
/** Tells by how much this machine's clock is off. */
let wallOffMs = 0
let api: TestApi

beforeEach(async () => {
  wallOffMs = 0
  databaseUrl = (await createTestDatabase()).url
  pool = createPool({ url: databaseUrl, max: 1, applicationName: 'test' })
  shift = await fakeDatabaseClock(pool)
})
afterEach(async () => {
  await api.close()
  await pool.end()
})

const start = async (options: { readonly trustDatabaseClock?: boolean } = {}) => {
  const wallMs = () => Date.now() + wallOffMs
  api = await startApi(databaseUrl, { ambient: { ...ambient, wallMs }, ...options })
  const destinationConfiguration = { s3: { bucketName: 'bucket' } }
  const { arn } = (await api.call('loggingConfiguration.create', { destinationConfiguration })).data
  const room = (await api.call('room.create', { loggingConfigurationIdentifiers: [arn] })).data
  const message = (content: string) => ({ roomIdentifier: room.arn, sender: { userId: 'ann' }, content })
  return {
    arn,
    send: (content: string) => api.call('chat.sendMessage', message(content)),
    sendAll: (content: string) => api.call('chat.sendMessages', { messages: [message(content)] }),
  }
}

const ready = async () => {
  const answer = await fetch(`${api.url}/readyz`)
  return { status: answer.status, text: await answer.text() }
}

test('a database clock that is 26 hours ahead for ten seconds leaves SendTime, effective time and commits right', {
  timeout,
}, async () => {
  const { send } = await start()
  const sent: { readonly sendTime: string; readonly atMs: number }[] = []
  const sendNow = async (content: string) => {
    const answer = await send(content)
    expect(answer.status).toBe(200)
    sent.push({ sendTime: answer.data.sendTime, atMs: Date.now() })
  }
  await sendNow('before')
  await shift(26 * HOUR_MS)
  await sendNow('before anybody has noticed')
  await expect
    .poll(ready, { timeout: 20_000 })
    .toMatchObject({ status: 503, text: expect.stringContaining('has jumped') })
  await sendNow('while it is known')
  await shift(0)
  await expect.poll(ready, { timeout: 20_000 }).toMatchObject({ status: 200 })
  await sendNow('afterwards')
  for (const { sendTime, atMs } of sent) expect(Math.abs(Date.parse(sendTime) - atMs)).toBeLessThan(2_000)
  const journaled = await readJournal(databaseUrl)
  expect(journaled.map(({ timeMs }) => timeMs)).toEqual(sent.map(({ sendTime }) => Date.parse(sendTime)))
  const committedAtMs = (await batches(pool)).at(-1)?.committedAtMs ?? 0
  expect(Math.abs(committedAtMs - Date.now())).toBeLessThan(30_000)
})

test('while nobody can say what time it is, sends and redrives are refused and nothing is recorded', {
  timeout,
}, async () => {
  const { arn, send, sendAll } = await start()
  expect((await send('before')).status).toBe(200)
  await shift(26 * HOUR_MS)
  wallOffMs = HOUR_MS
  await expect
    .poll(ready, { timeout: 20_000 })
    .toMatchObject({ status: 503, text: expect.stringContaining('Nobody can say') })
  const refused = {
    status: 503,
    ivs: { name: 'ServiceUnavailable', message: expect.stringContaining('clocks disagree') },
  }
  expect(await send('during')).toMatchObject(refused)
  expect(await sendAll('during')).toMatchObject(refused)
  expect(await api.call('delivery.redrive', { loggingConfigurationIdentifier: arn })).toMatchObject(refused)
  await shift(0)
  wallOffMs = 0
  await expect.poll(ready, { timeout: 20_000 }).toMatchObject({ status: 200 })
  expect((await send('after')).status).toBe(200)
  expect(await readJournal(databaseUrl)).toHaveLength(2)
})

test('an api that starts with clocks more than five seconds apart records nothing until they have agreed', {
  timeout,
}, async () => {
  wallOffMs = 6_000
  const { send } = await start()
  expect(await send('too early')).toMatchObject({ status: 503 })
  expect(await ready()).toMatchObject({ status: 503, text: expect.stringContaining('ROOMLOG_CLOCK=database') })
  wallOffMs = 0
  await expect.poll(async () => (await send('in time')).status, { timeout: 20_000 }).toBe(200)
})

test('where the database alone is trusted, a wall clock that is wrong refuses nothing', { timeout }, async () => {
  wallOffMs = 26 * HOUR_MS
  const { send } = await start({ trustDatabaseClock: true })
  const answer = await send('by the database')
  expect(answer.status).toBe(200)
  expect(Math.abs(Date.parse(answer.data.sendTime) - Date.now())).toBeLessThan(2_000)
})
