import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPool } from '@roomlog/db'
import { migrate } from '@roomlog/db/migrate'
import { type Postgres, startPostgres } from '@roomlog/embedded-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readJournal } from '../test/journal.ts'
import { ambient, startApi, type TestApi } from '../test/start-api.ts'

let dataDir: string
let postgres: Postgres
let api: TestApi
/** What the api's clock is ahead by. */
let aheadMs = 0

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'roomlog-outage-'))
  postgres = await startPostgres({ dataDir })
  await migrate({ url: postgres.url })
  api = await startApi(postgres.url, {
    ceilings: { roomRateMax: 100_000 },
    ambient: { ...ambient, monotonicMs: () => ambient.monotonicMs() + aheadMs },
  })
})
afterAll(async () => {
  await api?.close()
  await postgres?.stop()
})

test('without its database the api says so clearly, and works again by itself once it is back', async () => {
  const send = await aRecordedRoom()
  expect((await send('before')).status).toBe(200)

  const { port } = postgres
  postgres.kill('SIGKILL')
  await postgres.exited
  const away = await send('during')
  expect(away.status).toBeGreaterThanOrEqual(500)
  expect(['ServiceUnavailable', 'InternalServerException']).toContain(away.ivs?.name)
  const listed = await api.call('room.list')
  expect(listed).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' })
  expect(listed.ivs).toEqual({
    name: 'ServiceUnavailable',
    message: 'The database cannot be used now; try again',
  })
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200)
  const ready = await fetch(`${api.url}/readyz`)
  expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('database')])

  postgres = await startPostgres({ dataDir, port })
  await expect.poll(async () => (await fetch(`${api.url}/readyz`)).status, { timeout: 30_000 }).toBe(200)
  expect((await send('after')).status).toBe(200)
  expect((await api.call('room.list')).data.rooms).toHaveLength(1)

  const contents = (await readJournal(postgres.url)).map(({ record }) => Object(record.payload).Content)
  expect(contents.filter((content) => content !== 'during')).toEqual(['before', 'after'])
})

test('a database killed while records are being committed: acknowledged ones are there once, refused ones never, and nobody waits for long', async () => {
  const destinationConfiguration = { s3: { bucketName: 'bucket' } }
  const configuration = (await api.call('loggingConfiguration.create', { destinationConfiguration })).data
  const input = { loggingConfigurationIdentifiers: [configuration.arn], maximumMessageRatePerSecond: 100_000 }
  const rooms = await Promise.all(Array.from({ length: 8 }, async () => (await api.call('room.create', input)).data))
  const answers = new Map<string, { readonly status: number; readonly name: string | undefined }>()
  let slowestMs = 0
  let sending = true
  const send = async (arn: string, sender: number) => {
    for (let i = 0; sending; i++) {
      const content = `killed ${sender} ${i} ${arn}`
      const sinceMs = performance.now()
      const answer = await api.call('chat.sendMessage', { roomIdentifier: arn, sender: { userId: 'ann' }, content })
      slowestMs = Math.max(slowestMs, performance.now() - sinceMs)
      answers.set(content, { status: answer.status, name: answer.ivs?.name })
      // Refusals come at once; an outage should not fill the memory of the test with them.
      if (answer.status !== 200) await sleep(20)
    }
  }
  const sendingAll = Promise.all(rooms.flatMap(({ arn }) => [1, 2, 3].map((sender) => send(arn, sender))))
  const acknowledged = () => [...answers.values()].filter(({ status }) => status === 200).length
  const { port } = postgres
  for (let kill = 0; kill < 4; kill++) {
    const before = acknowledged()
    await expect.poll(acknowledged, { timeout: 30_000, interval: 5 }).toBeGreaterThan(before + 50 + kill)
    postgres.kill('SIGKILL')
    await postgres.exited
    postgres = await startPostgres({ dataDir, port })
  }
  const before = acknowledged()
  await expect.poll(acknowledged, { timeout: 30_000 }).toBeGreaterThan(before + 50)
  sending = false
  await sendingAll

  const found = (await readJournal(postgres.url)).map(({ record }) => String(Object(record.payload).Content))
  const mine = found.filter((content) => content.startsWith('killed'))
  expect(new Set(mine).size).toBe(mine.length)
  const there = new Set(mine)
  const lost = [...answers].filter(([content, { status }]) => status === 200 && !there.has(content))
  expect(lost).toEqual([])
  const kinds = new Set([...answers.values()].map(({ status, name }) => `${status} ${name ?? ''}`.trim()))
  expect([...kinds].filter((kind) => !KNOWN_ANSWERS.includes(kind))).toEqual([])
  const refused = [...answers].filter(([content, { status }]) => status === 503 && there.has(content))
  expect(refused).toEqual([])
  expect(slowestMs).toBeLessThan(30_000)
})

test('a database that hangs: an error within half a minute, recorded once or not at all, and it goes on by itself', async () => {
  const send = await aRecordedRoom()

  const backends = await backendsOfApi()
  // Later than anything is remembered: what is sent now reads key and room again, so that both are known when the database hangs.
  aheadMs += 60_000
  expect((await send('hangs: before')).status).toBe(200)
  const sinceMs = performance.now()
  const answer = await whileStopped(backends, () => send('hangs: during'))
  expect(performance.now() - sinceMs).toBeLessThan(30_000)
  expect(answer).toMatchObject({
    status: 500,
    ivs: { name: 'InternalServerException', message: /once.*or not at all/ },
  })
  await expect.poll(async () => (await send('hangs: after')).status, { timeout: 40_000 }).toBe(200)
  const contents = (await readJournal(postgres.url)).map(({ record }) => String(Object(record.payload).Content))
  const mine = contents.filter((content) => content.startsWith('hangs'))
  expect(mine.filter((content) => content !== 'hangs: during')).toEqual(['hangs: before', 'hangs: after'])
  expect(mine.length).toBeLessThanOrEqual(3)
})

test('a database that hangs before a call has read what it needs: surely not recorded, and it does not take long to say so', async () => {
  const send = await aRecordedRoom()
  expect((await send('unread: before')).status).toBe(200)
  const backends = await backendsOfApi()
  aheadMs += 60_000
  const sinceMs = performance.now()
  const answer = await whileStopped(backends, () => send('unread: during'))
  expect(performance.now() - sinceMs).toBeLessThan(15_000)
  expect(answer).toMatchObject({ status: 503, ivs: { name: 'ServiceUnavailable' } })
  await expect.poll(async () => (await send('unread: after')).status, { timeout: 40_000 }).toBe(200)
  const contents = (await readJournal(postgres.url)).map(({ record }) => String(Object(record.payload).Content))
  const mine = contents.filter((content) => content.startsWith('unread'))
  expect(mine).toEqual(['unread: before', 'unread: after'])
})

/** Sends a message to a new room whose messages are recorded. */
async function aRecordedRoom() {
  const destinationConfiguration = { s3: { bucketName: 'bucket' } }
  const configuration = (await api.call('loggingConfiguration.create', { destinationConfiguration })).data
  const room = (await api.call('room.create', { loggingConfigurationIdentifiers: [configuration.arn] })).data
  return (content: string) =>
    api.call('chat.sendMessage', { roomIdentifier: room.arn, sender: { userId: 'ann' }, content })
}

/** They hold their connections, and answer nothing. */
async function whileStopped<T>(pids: readonly number[], task: () => Promise<T>): Promise<T> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  try {
    return await task()
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT')
  }
}

/** Processes of Postgres that serve the api. */
async function backendsOfApi(): Promise<readonly number[]> {
  const pool = createPool({ url: postgres.url, max: 1, applicationName: 'test' })
  const { rows } = await pool.query(`select pid from pg_stat_activity where application_name = 'roomlog-api'`)
  await pool.end()
  return rows.map(({ pid }) => Number(pid))
}

const KNOWN_ANSWERS = ['200', '503 ServiceUnavailable', '500 InternalServerException']

test('a wrong clock makes the api not ready, and the records right all the same', async () => {
  const wrong = await startApi(postgres.url, { ambient: { ...ambient, wallMs: () => ambient.wallMs() + 3_000 } })
  try {
    const ready = await fetch(`${wrong.url}/readyz`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toMatchObject({ reasons: [expect.stringContaining('3.0 s ahead')] })
    const room = (await wrong.call('room.create')).data
    expect(Math.abs(Date.parse(room.createTime) - ambient.wallMs())).toBeLessThan(1_000)
  } finally {
    await wrong.close()
  }
})
