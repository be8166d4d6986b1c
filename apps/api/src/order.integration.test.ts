import { afterAll, beforeAll, expect, test } from 'vitest'
import { readJournal } from '../test/journal.ts'
import { ambient, createTestDatabase, startApi, type TestApi } from '../test/start-api.ts'

let databaseUrl: string
/** What each machine's wall clock is off by. */
const offMs = { ahead: 3_000, stepping: 0 }
const ceilings = { roomRateMax: 1_000 }
let apis: readonly TestApi[]
let room: { readonly arn: string }

beforeAll(async () => {
  databaseUrl = (await createTestDatabase()).url
  const withClock = (wallMs: () => number) => startApi(databaseUrl, { ambient: { ...ambient, wallMs }, ceilings })
  apis = await Promise.all([
    withClock(() => Date.now() + offMs.ahead),
    withClock(() => Date.now()),
    withClock(() => Date.now() + offMs.stepping),
  ])
  const [api] = apis
  const destinationConfiguration = { s3: { bucketName: 'bucket' } }
  const { arn } = (await api?.call('loggingConfiguration.create', { destinationConfiguration }))?.data ?? {}
  const input = { loggingConfigurationIdentifiers: [arn], maximumMessageRatePerSecond: 1_000 }
  room = (await api?.call('room.create', input))?.data
})
afterAll(() => Promise.all(apis.map((api) => api.close())))

type Acknowledged = { readonly id: string; readonly sendTime: string; readonly by: TestApi; readonly atMs: number }

async function send(by: TestApi, content: string): Promise<Acknowledged> {
  const message = { roomIdentifier: room.arn, sender: { userId: 'ann' }, content }
  const answer = await by.call('chat.sendMessage', message)
  expect(answer.status).toBe(200)
  return { ...answer.data, by, atMs: Date.now() }
}

test('of three apis whose clocks are apart and one of which steps back, a room has one order, and its time never falls', async () => {
  const sent: Acknowledged[] = []
  for (let round = 0; round < 60; round++) {
    if (round === 20) offMs.stepping = -7_200_000
    if (round === 40) offMs.stepping = 5_000
    for (const api of apis) sent.push(await send(api, `in turn ${round}`))
    // And at once: whose records get in first is open, but each process's are in its own order.
    if (round % 10 === 0) sent.push(...(await Promise.all(apis.map((api) => send(api, `at once ${round}`)))))
  }
  const journaled = (await readJournal(databaseUrl)).map(({ record: { payload }, timeMs }) => {
    const { Id, Content, SendTime } = Object(payload)
    return { id: String(Id), content: String(Content), sendTime: String(SendTime), timeMs }
  })
  expect(journaled.map(({ id }) => id).toSorted()).toEqual(sent.map(({ id }) => id).toSorted())
  const place = new Map(journaled.map(({ id }, n) => [id, n]))
  const placeOf = ({ id }: Acknowledged) => place.get(id) ?? -1
  const inTurn = sent.filter(({ id }) => journaled[place.get(id) ?? -1]?.content.startsWith('in turn'))
  expect(inTurn.map(placeOf)).toEqual(inTurn.map(placeOf).toSorted((a, b) => a - b))

  const effective = journaled.map(({ timeMs }) => timeMs)
  expect(effective).toEqual(effective.toSorted((a, b) => a - b))
  for (const api of apis) {
    const times = sent.filter(({ by }) => by === api).map(({ id }) => journaled[place.get(id) ?? -1]?.sendTime ?? '')
    expect(times).toEqual([...new Set(times)].toSorted())
  }
  // The database runs on this machine: its clock is the right one.
  for (const { sendTime, atMs } of sent) expect(Math.abs(Date.parse(sendTime) - atMs)).toBeLessThan(1_000)
})

test('the api whose clock is 3 s off says so and is not ready; the right one is', async () => {
  const [ahead, right] = apis
  const ready = await fetch(`${ahead?.url}/readyz`)
  expect([ready.status, await ready.text()]).toEqual([503, expect.stringMatching(/[23]\.\d s ahead/)])
  expect((await fetch(`${right?.url}/readyz`)).status).toBe(200)
})
