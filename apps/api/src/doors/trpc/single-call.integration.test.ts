import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createTestDatabase, PLENTY, startApi, type TestApi } from '../../../test/start-api.ts'

let api: TestApi
let arn: string
/** Takes one event a second. */
let slow: TestApi

beforeAll(async () => {
  const { url } = await createTestDatabase()
  api = await startApi(url)
  slow = await startApi(url, { rates: { ...PLENTY, SEND_EVENT: 1 } })
  arn = (await api.call('room.create', {})).data.arn
})
afterAll(() => Promise.all([api?.close(), slow?.close()]))

type Request = { readonly procedure?: string; readonly body: string; readonly headers?: Record<string, string> }

async function post({ procedure = 'chat.sendMessage', body, headers }: Request, query: string) {
  const authorization = `Bearer ${api.bearer}`
  const response = await fetch(`${api.url}/trpc/${procedure}${query}`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', ...headers },
    body,
  })
  return { status: response.status, vary: response.headers.get('vary'), answer: await response.json() }
}

const message = (fields: object) => JSON.stringify({ roomIdentifier: arn, sender: { userId: 'ann' }, ...fields })

test.each<[string, () => Request]>([
  ['a field that is not as it must be', () => ({ body: message({ content: '' }) })],
  ['a stranger', () => ({ body: message({ content: 'hi' }), headers: { authorization: 'Bearer no.body' } })],
  ['no authorization', () => ({ body: message({ content: 'hi' }), headers: { authorization: '' } })],
  [
    'a room that is not there',
    () => ({ body: message({ content: 'hi', roomIdentifier: `${arn.slice(0, -12)}nosuchroom00` }) }),
  ],
  ['a body that is not JSON', () => ({ body: '{' })],
  ['a body that is no object', () => ({ body: '"text"' })],
  ['a body that is null', () => ({ body: 'null' })],
  ['a list of messages that is none', () => ({ procedure: 'chat.sendMessages', body: '{"messages":{}}' })],
  ['an empty list of messages', () => ({ procedure: 'chat.sendMessages', body: '{"messages":[]}' })],
  ['a list with something else', () => ({ procedure: 'chat.sendMessages', body: '{"messages":[{},1,[]]}' })],
  ['an event without a name', () => ({ procedure: 'chat.sendEvent', body: message({}) })],
  ['a procedure that is not there', () => ({ procedure: 'chat.sendNothing', body: '{}' })],
])('%s is answered as by the adapter of tRPC', async (_, request) => {
  // A query string that means nothing leaves the request to the adapter.
  const [ours, theirs] = [await post(request(), ''), await post(request(), '?by=adapter')]
  expect(ours).toEqual(theirs)
  expect(ours.status).toBeGreaterThanOrEqual(400)
})

const Results = z
  .object({ result: z.object({ data: z.object({ results: z.array(z.record(z.string(), z.unknown())) }) }) })
  .transform(({ result }) => result.data.results)

test('each message of a call has the result that it has by the adapter', async () => {
  const good = { roomIdentifier: arn, sender: { userId: 'ann' }, content: 'hi' }
  const bad = [
    {},
    { ...good, content: 1 },
    { ...good, sender: { userId: 'ann', attributes: { a: 1 } } },
    { ...good, requestId: null },
  ]
  const body = JSON.stringify({
    messages: [good, ...bad, { ...good, roomIdentifier: `${arn.slice(0, -12)}nosuchroom00` }],
  })
  const procedure = 'chat.sendMessages'
  const [ours, theirs] = [await post({ procedure, body }, ''), await post({ procedure, body }, '?by=adapter')]
  const [ourResults, theirResults] = [Results.parse(ours.answer), Results.parse(theirs.answer)]
  expect(ourResults.slice(1)).toEqual(theirResults.slice(1))
  expect(Object.keys(ourResults[0] ?? {})).toEqual(Object.keys(theirResults[0] ?? {}))
  expect(ourResults.slice(1).flatMap(Object.keys)).toEqual(['error', 'error', 'error', 'error', 'error'])
})

test('a message that is taken is answered in the same form', async () => {
  const form = { result: { data: { id: expect.any(String), sendTime: expect.any(String) } } }
  for (const query of ['', '?by=adapter']) {
    expect(await post({ body: message({ content: 'hi' }) }, query)).toMatchObject({ status: 200, answer: form })
  }
})

// Alone, by the adapter, and in a batch.
test.each([
  ['chat.sendEvent', (event: object) => event],
  ['chat.sendEvent?by=adapter', (event: object) => event],
  ['chat.sendEvent,chat.sendEvent?batch=1', (event: object) => ({ 0: event, 1: event })],
])('%s: what the rate refuses says when to come again', async (path, inputOf) => {
  const ask = () =>
    fetch(`${slow.url}/trpc/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${slow.bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify(inputOf({ roomIdentifier: arn, eventName: 'app:hi' })),
    })
  await ask()
  const refused = await ask()
  expect([429, 207]).toContain(refused.status)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(await refused.text()).toMatch(/"name":"ThrottlingException".*"limit":1,"retryAfterMs":\d+/)
})
