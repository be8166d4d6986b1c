import { expect, test } from 'vitest'
import { createRoomlogClient } from './client.ts'

const HONOURED = { 'roomlog-idempotency-key': 'honoured' }
const message = {
  roomIdentifier: 'arn:aws:ivschat:us-west-2:123456789012:room/abc123DEF456',
  sender: { userId: 'ann' },
  content: 'hello',
}
const answer = { id: 'aB3dE5fG7hJ9', sendTime: '2026-12-01T10:00:00Z' }

type Reply = () => Response | Promise<Response>

const lost: Reply = () => Promise.reject(new TypeError('fetch failed'))
const gateway: Reply = () => new Response('<html>', { status: 502 })
const done: Reply = () => Response.json([{ result: { data: answer } }], { headers: HONOURED })
const doneSilently: Reply = () => Response.json([{ result: { data: answer } }])
const refused =
  (name: string, status: number): Reply =>
  () => {
    const data = { code: 'X', httpStatus: status, ivs: { name, message: name } }
    return Response.json([{ error: { code: -32_000, message: name, data } }], { status, headers: HONOURED })
  }

/** A client of a server that answers so, in turn; and the keys that it was asked with. */
function withReplies(...replies: readonly Reply[]) {
  const left = [...replies]
  const keys: unknown[] = []
  const client = createRoomlogClient({
    url: 'http://127.0.0.1:1',
    accessKey: { accessKeyId: 'a', secretAccessKey: 'b' },
    retries: 2,
    fetch: async (_: unknown, init?: { readonly body?: unknown }) => {
      const input = JSON.parse(String(init?.body))
      keys.push('messages' in input ? input.messages : input[0])
      const reply = left.shift()
      if (reply === undefined) throw new Error('asked too often')
      return reply()
    },
  })
  const keysOf = (asked: unknown): unknown => (Array.isArray(asked) ? asked.map(keysOf) : Object(asked).idempotencyKey)
  return {
    client,
    send: () => client.chat.sendMessage.mutate(message),
    keys: () => keys.map(keysOf),
    left: () => left.length,
  }
}

test.each([
  ['was lost', lost],
  ['came from what stands in front of the server', gateway],
  ['says that nobody knows', refused('InternalServerException', 500)],
  ['says that the service cannot take it', refused('ServiceUnavailable', 503)],
])('an answer that %s is asked for again, with the same key', async (_, reply) => {
  const { send, keys } = withReplies(done, reply, reply, done)
  await send()
  expect(await send()).toEqual(answer)
  const [first, ...again] = keys()
  expect(again).toEqual([again[0], again[0], again[0]])
  expect(again[0]).toMatch(/^[0-9a-f-]{36}$/)
  expect(again[0]).not.toBe(first)
})

test.each(['ValidationException', 'ConflictException', 'ThrottlingException', 'AccessDeniedException'])(
  'a %s is an answer, and not asked for again',
  async (name) => {
    const { send, left } = withReplies(done, refused(name, 400), done)
    await send()
    await expect(send()).rejects.toThrow(name)
    expect(left()).toBe(1)
  },
)

test('so often and not more, and then it is told what came last', async () => {
  const { send, left } = withReplies(done, gateway, gateway, lost, done)
  await send()
  await expect(send()).rejects.toThrow('fetch failed')
  expect(left()).toBe(1)
})

test('a server that has not said that it honours keys, or says so no more, is not asked again', async () => {
  const early = withReplies(lost, done)
  await expect(early.send()).rejects.toThrow('fetch failed')
  const late = withReplies(done, doneSilently, lost, done)
  await late.send()
  await late.send()
  await expect(late.send()).rejects.toThrow('fetch failed')
  expect([early.left(), late.left()]).toEqual([1, 1])
})

test("the caller's own key is kept, and each message of a call has one", async () => {
  const { client, keys } = withReplies(done, () => Response.json({ result: { data: { results: [] } } }))
  await client.chat.sendMessage.mutate({ ...message, idempotencyKey: 'mine' })
  const messages = [message, { ...message, idempotencyKey: 'mine' }, message]
  await client.chat.sendMessages.mutate({ messages })
  const [own, [first, second, third] = []] = keys().map((key) => (Array.isArray(key) ? key : [key]))
  expect([own, second]).toEqual([['mine'], 'mine'])
  expect(new Set([first, third, 'mine', undefined]).size).toBe(4)
  expect(messages[0]).toBe(message)
})

test('a caller that goes away between two tries hears at once, and nothing is asked again', async () => {
  const { client, send, left } = withReplies(done, lost, done)
  await send()
  const gone = new AbortController()
  const sending = client.chat.sendMessage.mutate(message, { signal: gone.signal })
  await expect.poll(left).toBe(1)
  gone.abort()
  await expect(sending).rejects.toThrow()
  expect(left()).toBe(1)
})
