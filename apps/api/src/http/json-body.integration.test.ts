import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { answerOf, createTestDatabase, startApi, type TestApi } from '../../test/start-api.ts'

let api: TestApi
let arn: string
/** The api runs in this process: what it parses is seen here. */
const parse = vi.spyOn(JSON, 'parse')

beforeAll(async () => {
  api = await startApi((await createTestDatabase()).url)
  arn = (await api.call('room.create')).data.arn
})
beforeEach(() => {
  parse.mockClear()
})
afterAll(async () => {
  parse.mockRestore()
  await api?.close()
})

async function post(path: string, body: string) {
  const headers = { authorization: `Bearer ${api.bearer}`, 'content-type': 'application/json' }
  return answerOf(await fetch(`${api.url}/trpc/${path}`, { method: 'POST', headers, body }))
}

/** How often that very text was parsed. */
const timesParsed = (body: string) => parse.mock.calls.filter(([text]) => text === body).length

const DEEP = `${'['.repeat(17)}${']'.repeat(17)}`
const WIDE = `[${Array.from({ length: 40_000 }, () => '{}').join()}]`
const within = (hostile: string) => `{"roomIdentifier":"${arn}","attributes":${hostile}}`

test.each([
  'chat.sendMessage',
  'chat.sendMessages',
  'chat.sendEvent',
  'chat.deleteMessage',
  'chat.disconnectUser',
  'room.create',
  'tags.add',
])('a deep or wide body of %s is refused before it is parsed', async (name) => {
  for (const body of [DEEP, WIDE, within(DEEP), within(WIDE)]) {
    expect(await post(name, body)).toMatchObject({ status: 400, ivs: { name: 'ValidationException' } })
    expect(timesParsed(body)).toBe(0)
  }
})

test('so is that of a batch, whatever its calls', async () => {
  for (const path of ['tags.add,room.create?batch=1', 'chat.sendMessage,chat.sendMessages?batch=1']) {
    const body = `{"0":${within(DEEP)},"1":${within(WIDE)}}`
    expect(await post(path, body)).toMatchObject({ status: 400, ivs: { name: 'ValidationException' } })
    expect(timesParsed(body)).toBe(0)
  }
})

test('a body of messages may have as many values as its messages need, and is parsed once at most', async () => {
  const attributes = Object.fromEntries(
    Array.from({ length: 20 }, (_, n) => [`key${n}`, `a "quoted" \\ value, [${n}]`]),
  )
  const message = { roomIdentifier: arn, sender: { userId: 'ann', attributes }, content: 'hi [[[{{{' }
  const body = JSON.stringify({ messages: Array.from({ length: 600 }, () => message) })
  expect((await post('chat.sendMessages', body)).status).toBe(200)
  expect(timesParsed(body)).toBeLessThanOrEqual(1)
})
