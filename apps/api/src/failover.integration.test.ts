import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrate } from '@roomlog/db/migrate'
import { type FailoverPair, startFailoverPair } from '@roomlog/embedded-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readJournal } from '../test/journal.ts'
import { startApi, type TestApi } from '../test/start-api.ts'

let dataDir: string
let pair: FailoverPair
let apis: readonly TestApi[] = []

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'roomlog-failover-'))
  pair = await startFailoverPair({ dataDir, synchronous: true, prepare: (url) => migrate({ url }) })
  apis = await Promise.all([1, 2].map(() => startApi(pair.url, { ceilings: { roomRateMax: 100_000 } })))
}, 120_000)
afterAll(async () => {
  await Promise.all(apis.map((api) => api.close()))
  await pair?.close()
  await rm(dataDir, { recursive: true, force: true })
})

test('through a failover to a synchronous standby, two apis keep what they acknowledged, rooms and records, and go on without a restart', async () => {
  const [one, two] = apis
  if (one === undefined || two === undefined) throw new Error('the apis are not there')
  const destinationConfiguration = { s3: { bucketName: 'bucket' } }
  const { arn } = (await one.call('loggingConfiguration.create', { destinationConfiguration })).data
  const aRoom = { loggingConfigurationIdentifiers: [arn], maximumMessageRatePerSecond: 100_000 }
  const rooms: string[] = [(await one.call('room.create', aRoom)).data.arn]
  const acknowledged: string[] = []
  const uncertain = new Set<string>()
  const odd: unknown[] = []
  let sending = true
  const run = async (api: TestApi, sender: number) => {
    for (let i = 0; sending; i++) {
      const content = `${sender} ${i}`
      const roomIdentifier = rooms[i % rooms.length]
      const answer = await api.call('chat.sendMessage', { roomIdentifier, sender: { userId: 'ann' }, content })
      if (answer.status === 200) acknowledged.push(content)
      else if (answer.status === 500) uncertain.add(content)
      else if (answer.status !== 503) odd.push(answer)
      if (answer.status !== 200) await sleep(20)
      if (i % 25 === 7) {
        const created = await api.call('room.create', aRoom)
        if (created.status === 200) rooms.push(created.data.arn)
      }
    }
  }
  const running = Promise.all([one, two, one, two].map(run))
  const more = async () => {
    const goal = acknowledged.length + 150
    await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(goal)
  }
  await more()
  await pair.failOver()
  await more()
  sending = false
  await running

  expect(odd).toEqual([])
  const found = (await readJournal(pair.url)).map(({ record }) => String(Object(record.payload).Content))
  const there = new Set(found)
  expect(there.size).toBe(found.length)
  expect(acknowledged.filter((content) => !there.has(content))).toEqual([])
  const known = new Set(acknowledged)
  expect(found.filter((content) => !known.has(content) && !uncertain.has(content))).toEqual([])
  for (const identifier of rooms) expect((await two.call('room.get', { identifier })).status).toBe(200)
  for (const api of apis) expect((await fetch(`${api.url}/readyz`)).status).toBe(200)
}, 90_000)
