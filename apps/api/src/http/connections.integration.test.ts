import { once } from 'node:events'
import { Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dial, type RawConnection, refusedWith, requestOf } from '../../test/raw-connection.ts'
import { createTestDatabase, startApi, type TestApi } from '../../test/start-api.ts'
import { PIPELINED_MAX } from './connections.ts'

const CONNECTIONS = 40
const SLOTS = 16

let databaseUrl: string
let api: TestApi
/** Gives a request a second to arrive. */
let hasty: TestApi
/** Waits long for its answers to be read. */
let patient: TestApi
/** So does this one, but has little memory. */
let poor: TestApi
let arn: string
const open: RawConnection[] = []

beforeAll(async () => {
  databaseUrl = (await createTestDatabase()).url
  const limits = { connectionsMax: CONNECTIONS, requestsInFlightMax: SLOTS, unreadAnswerMs: 500 }
  api = await startApi(databaseUrl, { limits })
  hasty = await startApi(databaseUrl, { limits: { requestTimeoutMs: 1_000 } })
  patient = await startApi(databaseUrl, { limits: { ...limits, unreadAnswerMs: 60_000 } })
  poor = await startApi(databaseUrl, { limits: { unreadAnswerMs: 60_000, bodyBytesInFlightMax: 1024 * 1024 } })
  arn = (await api.call('room.create', { maximumMessageRatePerSecond: 100 })).data.arn
})
afterAll(async () => {
  for (const connection of open) connection.close()
  await Promise.all([api, hasty, patient, poor].map((one) => one?.close()))
})

async function openConnection(options?: { readonly reads?: boolean; readonly to?: TestApi }): Promise<RawConnection> {
  const connection = await dial((options?.to ?? api).url, options)
  open.push(connection)
  return connection
}

const known = () => ({ authorization: `Bearer ${api.bearer}` })
const message = () => JSON.stringify({ roomIdentifier: arn, sender: { userId: 'ann' }, content: 'hi' })
const sending = () => requestOf({ headers: known(), body: message() })
const HEALTH = requestOf({ method: 'GET', path: '/healthz' })

async function isHealthy(to = api): Promise<void> {
  const connection = await openConnection({ to })
  await connection.write(HEALTH)
  expect((await connection.answer()).status).toBe(200)
  connection.close()
}

test('a few requests of one connection are worked on at once, and answered in their order', async () => {
  const connection = await openConnection()
  const list = requestOf({ method: 'GET', path: '/trpc/room.list', headers: known() })
  await connection.write(list + HEALTH + list + HEALTH)
  await connection.answer(4)
  const kinds = connection.answers().map(({ body }) => (body.includes('rooms') ? 'list' : 'health'))
  expect(kinds).toEqual(['list', 'health', 'list', 'health'])
  connection.close()
})

test('more are refused: those before are answered, one hears why, and the connection ends', async () => {
  const connection = await openConnection()
  await connection.write(sending().repeat(500))
  const last = await connection.answer(PIPELINED_MAX + 1)
  expect(last.status).toBe(503)
  expect(refusedWith(last)).toBe('ServiceUnavailable')
  expect(last.head).toMatch(/connection: close/i)
  const before = connection.answers().slice(0, PIPELINED_MAX)
  expect(before.map(({ status }) => status)).toEqual(before.map(() => 200))
  expect(await connection.over).toBe('end')
  expect(connection.answers()).toHaveLength(PIPELINED_MAX + 1)
})

/** Has answers of some megabytes to read, which is more than the kernel keeps, and hardly begins. */
async function openUnread(to: TestApi): Promise<RawConnection> {
  // Its key is known before: else it would stand among the strangers.
  expect((await to.call('room.list')).status).toBe(200)
  const accepted = once(to.server.server, 'connection')
  const connection = await openConnection({ reads: false, to })
  // Each of these is a fault that the answer tells of.
  const attributes = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [n, 1]))
  const wrong = { roomIdentifier: 1, content: 1, sender: { userId: 1, attributes }, attributes, requestId: 1 }
  const body = JSON.stringify({ messages: Array.from({ length: 1_000 }, () => wrong) })
  const request = requestOf({ path: '/trpc/chat.sendMessages', headers: known(), body })
  for (let n = 0; n < PIPELINED_MAX; n += 1) void connection.write(request)
  const [theirs] = await accepted
  // The kernel takes no more of an answer.
  const waiting = () => (theirs instanceof Socket ? theirs.writableLength : 0)
  let before = 0
  const isStuck = () => {
    const stuck = waiting() > 0 && waiting() === before
    before = waiting()
    return stuck
  }
  await expect.poll(isStuck, { timeout: 15_000 }).toBe(true)
  return connection
}

test('a client that sends and never reads is cut off', async () => {
  for (let n = 0; n < 3; n += 1) {
    const unread = await openUnread(api)
    // Reads what is there, once the server is done with it.
    await expect.poll(() => hasLet(unread), { timeout: 15_000 }).toBe(true)
    expect((await api.call('chat.sendMessage', JSON.parse(message()))).status).toBe(200)
  }
})

/** Writing to a connection that the other side has destroyed fails. */
function hasLet({ socket }: RawConnection): boolean {
  if (!socket.destroyed) socket.write('\r\n')
  return socket.destroyed
}

test('answers that nobody reads hold no slot', async () => {
  const unread = await openUnread(patient)
  const halves = { headers: { ...known(), 'content-length': 100 }, body: '{' }
  const takeAllSlots = async () => {
    const all = await Promise.all(Array.from({ length: SLOTS / 2 }, () => openConnection({ to: patient })))
    for (const { write } of all) await write(requestOf(halves))
    await isHealthy(patient)
    const refused = all.filter(({ answers }) => answers().length > 0).length
    for (const { close } of all) close()
    return refused
  }
  await expect.poll(takeAllSlots, { timeout: 15_000 }).toBe(0)
  expect(hasLet(unread)).toBe(false)
  unread.close()
})

test('answers that nobody reads count as memory of their account, which gets no more of it until they are gone', async () => {
  const unread = await openUnread(poor)
  const ours = async () => (await poor.call('chat.sendMessage', JSON.parse(message()))).status
  await expect.poll(ours, { timeout: 15_000 }).toBe(503)
  await isHealthy(poor)
  unread.close()
  await expect.poll(ours, { timeout: 15_000 }).toBe(200)
})

test('connections that rest give way to a new one, the oldest first', async () => {
  const [oldest, ...others] = await Promise.all(Array.from({ length: CONNECTIONS }, () => openConnection()))
  const waiting = await openConnection()
  await waiting.write(requestOf({ headers: { ...known(), 'content-length': 100 }, body: '{' }))
  await oldest?.over
  for (let n = 0; n < 3; n += 1) await isHealthy()
  expect((await api.call('room.list')).status).toBe(200)
  // What is in flight does not give way.
  await waiting.write(' '.repeat(99))
  expect((await waiting.answer()).status).toBe(400)
  const [youngest] = others.slice(-1)
  await youngest?.write(HEALTH)
  expect((await youngest?.answer())?.status).toBe(200)
  for (const { close } of [...others, waiting]) close()
})

test.each([
  ['nothing', ''],
  ['half of its headers', 'POST /trpc/chat.sendMessage HTTP/1.1\r\nhost: a\r\n'],
  ['half of its body', () => requestOf({ headers: { ...known(), 'content-length': 100 }, body: '{' })],
])(
  'a connection that sends %s is told so and closed when its time is over, not a minute later',
  async (_what, bytes) => {
    const connection = await openConnection({ to: hasty })
    const startedMs = performance.now()
    await connection.write(typeof bytes === 'string' ? bytes : bytes())
    const answer = await connection.answer()
    expect(answer.status).toBe(408)
    expect(refusedWith(answer)).toBe('ValidationException')
    expect(await connection.over).toBe('end')
    expect(performance.now() - startedMs).toBeLessThan(10_000)
  },
)

test('a client that sends one letter at a time has no more time than others', async () => {
  const connection = await openConnection({ to: hasty })
  const [headers = ''] = requestOf({ headers: { ...known(), 'content-length': 1_000 } }).split('\r\n\r\n')
  await connection.write(`${headers}\r\n\r\n`)
  const trickle = () => {
    connection.socket.write(' ')
    return connection.answers().map(({ status }) => status)
  }
  await expect.poll(trickle, { timeout: 10_000 }).toEqual([408])
})

test('a connection that has sent nothing does not hold up the end of the process', async () => {
  const leaving = await startApi(databaseUrl)
  const silent = await openConnection({ to: leaving })
  const startedMs = performance.now()
  await leaving.close()
  expect(await silent.over).toBe('end')
  expect(performance.now() - startedMs).toBeLessThan(15_000)
})

test('a request that was taken is not answered by the refusal of what comes behind it', async () => {
  const connection = await openConnection()
  await connection.write(`${sending()}nonsense\r\n\r\n`)
  const end = await connection.over
  const statuses = connection.answers().map(({ status }) => status)
  // Either its own answer, or none: then nobody knows, as after any lost connection.
  expect([end, statuses]).toEqual([end, statuses.length === 0 ? [] : [200, 400].slice(0, statuses.length)])
})
