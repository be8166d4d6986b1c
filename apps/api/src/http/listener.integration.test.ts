import { afterAll, beforeAll, expect, test } from 'vitest'
import { dial, refusedWith, requestOf } from '../../test/raw-connection.ts'
import { type MainProcess, runMain } from '../../test/run-main.ts'
import { ACCOUNT, createTestDatabase, ENCRYPTION_KEY, REGION } from '../../test/start-api.ts'

const KEY = { id: 'ROOTKEYOFTEST', secret: 'secret-of-the-root-key' }

let api: MainProcess
let url: string

beforeAll(async () => {
  api = runMain({
    DATABASE_URL: (await createTestDatabase()).url,
    AWS_REGION: REGION,
    PORT: '0',
    ROOMLOG_ACCOUNT_ID: ACCOUNT,
    ROOMLOG_ENCRYPTION_KEY: ENCRYPTION_KEY,
    ROOMLOG_ROOT_ACCESS_KEY_ID: KEY.id,
    ROOMLOG_ROOT_SECRET_ACCESS_KEY: KEY.secret,
  })
  url = await api.ready()
})
afterAll(async () => {
  api?.child.kill('SIGTERM')
  await api?.exited
})

const asked = (bytes: string) => async () => {
  const connection = await dial(url)
  await connection.write(bytes)
  const answer = await connection.answer()
  connection.close()
  return answer
}
const known = { authorization: `Bearer ${KEY.id}.${KEY.secret}` }
const withKey = (options: Parameters<typeof requestOf>[0]) =>
  requestOf({ ...options, headers: { ...known, ...options.headers } })
const get = (path: string) => ({ method: 'GET', path })

test.each([
  ['TRACE', 405, requestOf({ method: 'TRACE' })],
  ['TRACE with a key', 405, withKey({ method: 'TRACE', path: '/trpc/room.list' })],
  ['CONNECT', 405, 'CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n'],
  ['PUT', 405, withKey({ method: 'PUT', path: '/trpc/room.list', body: '{}' })],
  ['OPTIONS', 405, requestOf({ method: 'OPTIONS' })],
  ['PROPFIND', 405, requestOf({ method: 'PROPFIND', path: '/' })],
  ['a path with %ff', 400, requestOf(get('/trpc/%ff'))],
  ['a path with %ff elsewhere', 400, requestOf(get('/%ff'))],
  ['a path with a key and %00', 404, withKey(get('/trpc/%00'))],
  ['a path that is very long', 400, withKey(get(`/trpc/${'x'.repeat(6_000)}`))],
  ['a name of a prototype', 404, withKey(get('/trpc/__proto__'))],
  ['a constructor', 404, withKey(get('/trpc/constructor.constructor'))],
  ['a query that is no query', 400, withKey(get('/trpc/room.list?input=%ff%fe&batch=%ff'))],
  ['an input that is no JSON', 400, withKey(get('/trpc/room.list?input={'))],
  ['parameters of a connection', 400, withKey(get('/trpc/room.list?connectionParams={'))],
  ['no Host', 400, 'GET /healthz HTTP/1.1\r\n\r\n'],
  [
    'a Host that is none',
    400,
    `GET /trpc/room.list HTTP/1.1\r\nhost: [\r\nauthorization: ${known.authorization}\r\n\r\n`,
  ],
  ['no HTTP', 400, 'nonsense\r\n\r\n'],
  ['HTTP/2', 400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['two lengths', 400, 'POST /trpc/a HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'],
  ['a length that is none', 400, 'POST /trpc/a HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n'],
  ['headers that are too large', 413, requestOf({ headers: { padding: 'x'.repeat(20_000) } })],
  ['a stranger', 403, requestOf({ body: '{}' })],
  ['a stranger with an expectation', 403, requestOf({ headers: { expect: 'miracles' }, body: '{}' })],
  ['a subscription', 404, withKey({ ...get('/trpc/chat.subscribe'), headers: { accept: 'text/event-stream' } })],
  [
    'a chunk that is none',
    400,
    `${withKey({ headers: { 'transfer-encoding': 'chunked' } }).replace(/content-length: 0\r\n/, '')}zz\r\n`,
  ],
])('%s is answered %i in the shape of the API', async (_what, status, bytes) => {
  const answer = await asked(bytes)()
  expect(answer.status).toBe(status)
  expect(refusedWith(answer)).toMatch(/Exception$/)
})

test('nothing of all this was an error of ours', async () => {
  // What closes in the middle, too.
  for (const bytes of [
    withKey({ headers: { 'content-length': 10 }, body: '{' }),
    'POST / HTT',
    withKey(get('/trpc/room.list')),
  ]) {
    const connection = await dial(url)
    await connection.write(bytes)
    connection.socket.resetAndDestroy()
    await connection.over
  }
  expect((await asked(requestOf(get('/healthz')))()).status).toBe(200)
  const lines = api.output().split('\n').filter(Boolean)
  expect(lines.filter((line) => /"level":[456]0|"stack"| {4}at /.test(line))).toEqual([])
})
