import { createRoomlogClient } from '@roomlog/client'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type CuttingProxy, startCuttingProxy } from '../test/cutting-proxy.ts'
import { readJournal } from '../test/journal.ts'
import { createTestDatabase, PLENTY, startApi, type TestApi } from '../test/start-api.ts'

let databaseUrl: string
let api: TestApi
let other: TestApi
/** Hardly takes anything. */
let narrow: TestApi
let proxy: CuttingProxy
let configuration: string
let room: { readonly arn: string; readonly id: string }

beforeAll(async () => {
  databaseUrl = (await createTestDatabase()).url
  api = await startApi(databaseUrl)
  other = await startApi(databaseUrl)
  narrow = await startApi(databaseUrl, { rates: { ...PLENTY, SEND_MESSAGE: 1 } })
  proxy = await startCuttingProxy(api.url)
  const destinationConfiguration = { s3: { bucketName: 'bucket' } }
  configuration = (await api.call('loggingConfiguration.create', { destinationConfiguration })).data.arn
})
afterAll(() => Promise.all([api?.close(), other?.close(), narrow?.close(), proxy?.close()]))

beforeEach(async () => {
  const limits = { maximumMessageLength: 20, maximumMessageRatePerSecond: 100 }
  room = (await api.call('room.create', { loggingConfigurationIdentifiers: [configuration], ...limits })).data
})

const aMessage = (more: object = {}) => ({
  roomIdentifier: room.arn,
  sender: { userId: 'ann', attributes: { a: '1', b: '2' } },
  content: 'hello',
  ...more,
})

/** Ids of what the room has. */
async function recorded(): Promise<readonly unknown[]> {
  const all = await readJournal(databaseUrl)
  return all.filter(({ roomId }) => roomId === room.id).map(({ record }) => Object(record.payload).Id)
}

test.each([
  ['sendMessage', () => aMessage(), { content: 'other' }],
  [
    'sendEvent',
    () => ({ roomIdentifier: room.arn, eventName: 'e', attributes: { a: '1' } }),
    { attributes: { a: '2' } },
  ],
  ['deleteMessage', () => ({ roomIdentifier: room.arn, id: 'aB3dE5fG7hJ9' }), { reason: 'spam' }],
  ['disconnectUser', () => ({ roomIdentifier: room.arn, userId: 'ann' }), { userId: 'bob' }],
] as const)('chat.%s asked for again is recorded once, and answered as the first time', async (verb, input, change) => {
  const given = { ...input(), idempotencyKey: 'k' }
  const first = await api.call(`chat.${verb}`, given)
  expect(first.status).toBe(200)
  for (const each of [api, other]) expect(await each.call(`chat.${verb}`, given)).toEqual(first)
  const ids = await recorded()
  expect(ids).toHaveLength(1)
  if (first.data.id !== undefined) expect(ids).toEqual([first.data.id])
  const conflict = await other.call(`chat.${verb}`, { ...given, ...change })
  expect(conflict).toMatchObject({
    status: 409,
    ivs: { name: 'ConflictException', resourceId: room.id, resourceType: 'ROOM', message: /use another key/ },
  })
  expect(await recorded()).toEqual(ids)
})

test('the order of members says nothing; another operation with the same key is a conflict', async () => {
  const first = await api.call('chat.sendMessage', { ...aMessage(), idempotencyKey: 'k' })
  const sender = { attributes: { b: '2', a: '1' }, userId: 'ann' }
  const again = { idempotencyKey: 'k', content: 'hello', sender, roomIdentifier: room.arn, more: 'is taken off' }
  expect(await api.call('chat.sendMessage', again)).toEqual(first)
  const event = { roomIdentifier: room.arn, eventName: 'e', idempotencyKey: 'k' }
  expect((await api.call('chat.sendEvent', event)).status).toBe(409)
  expect(await recorded()).toEqual([first.data.id])
})

test('of calls at once over two apis, one is recorded, and all have its answer', async () => {
  const given = { ...aMessage(), idempotencyKey: 'k' }
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? api : other).call('chat.sendMessage', given)),
  )
  expect(new Set(answers.map(({ status, data }) => `${status} ${data?.id} ${data?.sendTime}`)).size).toBe(1)
  expect(await recorded()).toEqual([answers[0]?.data.id])
})

test('messages of one call each have their own key, or none; and it does not matter what they came through first', async () => {
  const first = await api.call('chat.sendMessage', { ...aMessage(), idempotencyKey: 'first' })
  const messages = [
    aMessage(),
    { ...aMessage(), idempotencyKey: 'first' },
    { ...aMessage(), idempotencyKey: 'k' },
    { ...aMessage({ content: 'other' }), idempotencyKey: 'first' },
    { ...aMessage(), idempotencyKey: 'k' },
    { ...aMessage(), idempotencyKey: '' },
  ]
  const { results } = (await api.call('chat.sendMessages', { messages })).data
  expect(results[1]).toEqual(first.data)
  expect(results[4]).toEqual(results[2])
  expect([results[3].error.name, results[5].error.name]).toEqual(['ConflictException', 'ValidationException'])
  expect(await recorded()).toEqual([first.data.id, results[0].id, results[2].id])
  const again = (await other.call('chat.sendMessages', { messages: messages.slice(1, 3) })).data
  expect(again.results).toEqual([first.data, results[2]])
  expect(await recorded()).toHaveLength(3)
})

test('a refused call leaves no key', async () => {
  const idempotencyKey = 'k'
  const elsewhere = room.arn.replace(room.id, 'zzzzzzzzzzzz')
  const refusals = [
    await api.call('chat.sendMessage', { ...aMessage({ content: 'x'.repeat(21) }), idempotencyKey }),
    await api.call('chat.sendMessage', { ...aMessage({ sender: undefined }), idempotencyKey }),
    await api.call('chat.sendMessage', { ...aMessage({ roomIdentifier: elsewhere }), idempotencyKey }),
  ]
  expect(refusals.map(({ status }) => status)).toEqual([400, 400, 404])
  await narrow.call('chat.sendMessage', aMessage())
  expect(
    (await narrow.call('chat.sendMessage', { ...aMessage({ content: 'throttled' }), idempotencyKey })).status,
  ).toBe(429)
  const answer = await api.call('chat.sendMessage', { ...aMessage(), idempotencyKey })
  expect(answer.status).toBe(200)
  expect(await recorded()).toContain(answer.data.id)
})

test.each(['', 'x'.repeat(129), 'a\0b', 7])('%j is no key', async (idempotencyKey) => {
  const answer = await api.call('chat.sendEvent', { roomIdentifier: room.arn, eventName: 'e', idempotencyKey })
  expect(answer).toMatchObject({ status: 400, ivs: { fieldList: [{ name: 'idempotencyKey' }] } })
  expect(await recorded()).toEqual([])
})

const clientOf = (retries: number) => {
  const [accessKeyId = '', secretAccessKey = ''] = api.bearer.split('.')
  return createRoomlogClient({ url: proxy.url, accessKey: { accessKeyId, secretAccessKey }, retries })
}

test("a client's call whose answer is lost after the commit is asked for again, and recorded once", async () => {
  const client = clientOf(3)
  await client.room.list.query({})
  proxy.cut('sendTime', 2)
  const { id } = await client.chat.sendMessage.mutate({ ...aMessage() })
  expect(await recorded()).toEqual([id])
  proxy.cut('sendTime', 1)
  const { results } = await client.chat.sendMessages.mutate({ messages: [aMessage(), aMessage()] })
  expect(await recorded()).toEqual([id, ...results.map((each) => Object(each).id)])
})

test('without retries, or before the server has said that it honours keys, nothing is asked for again', async () => {
  const before = proxy.asked('POST /trpc/chat.sendEvent')
  const event = { roomIdentifier: room.arn, eventName: 'e' }
  const [silent, early] = [clientOf(0), clientOf(3)]
  await silent.room.list.query({})
  for (const client of [silent, early]) {
    proxy.cut('sendTime', 1)
    await expect(client.chat.sendEvent.mutate(event)).rejects.toThrow('fetch failed')
  }
  expect(proxy.asked('POST /trpc/chat.sendEvent') - before).toBe(2)
  expect(await recorded()).toHaveLength(2)
})

test('more retries than ten are refused when the client is made', () => {
  expect(() => clientOf(11)).toThrow('retries must be 0 to 10, not 11')
})
