import { createPool } from '@roomlog/db'
import { lockHeads } from '@roomlog/journal/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dial, type RawConnection, refusedWith, requestOf } from '../../test/raw-connection.ts'
import { ambient, createTestDatabase, OTHER_ACCOUNT, startApi, type TestApi } from '../../test/start-api.ts'

const MIB = 1024 * 1024
const SLOTS = 64
const BYTES = 32 * MIB

let databaseUrl: string
let api: TestApi
/** Of another account, which behaves well. */
let neighbour: { readonly bearer: string; readonly room: string }
let arn: string
/** What the api's clock is ahead of ours. */
let restedMs = 0
const open: RawConnection[] = []

beforeAll(async () => {
  databaseUrl = (await createTestDatabase()).url
  // Makes the neighbour's account, key and room, and is gone.
  const ceilings = { roomRateMax: 1_000 }
  const busyRoom = { maximumMessageRatePerSecond: 1_000 }
  const other = await startApi(databaseUrl, { accountId: OTHER_ACCOUNT, ceilings })
  neighbour = { bearer: other.bearer, room: (await other.call('room.create', busyRoom)).data.arn }
  await other.close()
  api = await startApi(databaseUrl, {
    ambient: { ...ambient, monotonicMs: () => performance.now() + restedMs },
    limits: { requestsInFlightMax: SLOTS, bodyBytesInFlightMax: BYTES },
    ceilings,
  })
  const destinationConfiguration = { s3: { bucketName: 'bucket' } }
  const logging = (await api.call('loggingConfiguration.create', { destinationConfiguration })).data
  arn = (await api.call('room.create', { ...busyRoom, loggingConfigurationIdentifiers: [logging.arn] })).data.arn
})
afterAll(async () => {
  for (const connection of open) connection.close()
  await api?.close()
})

async function openConnection(options?: { readonly reads?: boolean }): Promise<RawConnection> {
  const connection = await dial(api.url, options)
  open.push(connection)
  return connection
}

const known = () => ({ authorization: `Bearer ${api.bearer}` })
const message = (roomIdentifier = arn) => JSON.stringify({ roomIdentifier, sender: { userId: 'ann' }, content: 'hi' })

/** What an account sees that has nothing to do with what goes on. */
async function neighbourIsServed(times = 5): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    const input = { roomIdentifier: neighbour.room, sender: { userId: 'ann' }, content: 'hi' }
    expect((await api.call('chat.sendMessage', input, neighbour.bearer)).status).toBe(200)
  }
}

/** Keeps everything from being committed to the journal, until it is called. */
async function holdJournal() {
  const pool = createPool({ url: databaseUrl, max: 1, applicationName: 'test' })
  const holder = await pool.connect()
  await holder.query('begin')
  await lockHeads(holder)
  return async () => {
    await holder.query('commit')
    holder.release()
    await pool.end()
  }
}

test.each([
  ['a multipart form', 'multipart/form-data; boundary=x'],
  ['a form', 'application/x-www-form-urlencoded'],
  ['text', 'text/plain'],
  ['bytes', 'application/octet-stream'],
  ['what begins like JSON', 'application/jsonl'],
  ['JSON in another charset', 'application/json; charset=utf-16'],
  ['what is no type', 'nonsense'],
])('%s is 415 before a byte of it was sent, for a stranger and an account', async (_what, type) => {
  for (const headers of [{}, known()]) {
    const connection = await openConnection()
    await connection.write(requestOf({ headers: { ...headers, 'content-type': type, 'content-length': 3_000 * MIB } }))
    const answer = await connection.answer()
    expect(answer.status).toBe(415)
    expect(refusedWith(answer)).toBe('ValidationException')
    expect(await connection.over).toBe('end')
  }
})

test('a multipart form that never ends is read for 256 KiB at most', async () => {
  const connection = await openConnection()
  const type = 'multipart/form-data; boundary=x'
  await connection.write(requestOf({ headers: { ...known(), 'content-type': type, 'content-length': 3_000 * MIB } }))
  expect((await connection.answer()).status).toBe(415)
  const chunk = Buffer.alloc(64 * 1024)
  let sent = 0
  while (!connection.socket.destroyed && sent < 64 * MIB) {
    await connection.write(chunk)
    sent += chunk.length
  }
  expect(connection.socket.destroyed).toBe(true)
  await neighbourIsServed()
})

test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
  '%s is read',
  async (type) => {
    const connection = await openConnection()
    await connection.write(requestOf({ headers: { ...known(), 'content-type': type }, body: message() }))
    expect((await connection.answer()).status).toBe(200)
  },
)

test('a stranger is refused from the headers: no byte of the body is waited for', async () => {
  for (const authorization of [undefined, 'Bearer no.body', `Bearer ${api.bearer}x`]) {
    const connection = await openConnection()
    const headers = { ...(authorization && { authorization }), 'content-length': 8 * MIB }
    await connection.write(requestOf({ path: '/trpc/chat.sendMessages', headers }))
    const answer = await connection.answer()
    expect(answer.status).toBe(403)
    expect(refusedWith(answer)).toBe('UnrecognizedClientException')
    expect(answer.head).toMatch(/connection: close/i)
    expect(await connection.over).toBe('end')
  }
})

test('a body outside of the API is not read either', async () => {
  const connection = await openConnection()
  await connection.write(requestOf({ path: '/nothing', headers: { 'content-length': 8 * MIB } }))
  expect((await connection.answer()).status).toBe(404)
  expect(await connection.over).toBe('end')
})

test('an answer can be read by a client that goes on sending: it is half-closed first, not reset', async () => {
  const connection = await openConnection()
  await connection.write(requestOf({ headers: { 'content-length': 8 * MIB }, body: 'x'.repeat(100_000) }))
  // Still sending when the answer is long there.
  for (let n = 0; n < 10; n += 1) await connection.write('x'.repeat(10_000))
  expect((await connection.answer()).status).toBe(403)
  expect(await connection.over).toBe('end')
  await connection.write('x'.repeat(100_000))
  await neighbourIsServed()
  expect(connection.socket.errored).toBe(null)
})

test('who is refused together with the whole body may go on with the connection', async () => {
  const connection = await openConnection()
  await connection.write(requestOf({ body: message() }))
  expect((await connection.answer()).status).toBe(403)
  await connection.write(requestOf({ headers: known(), body: message() }))
  expect((await connection.answer(2)).status).toBe(200)
})

test('connections that declare 8 MiB and send a byte take a byte each: everybody else goes on', async () => {
  const declared = { ...known(), 'content-length': 8 * MIB }
  const slow = await Promise.all(Array.from({ length: 24 }, () => openConnection()))
  for (const { write } of slow)
    await write(requestOf({ path: '/trpc/chat.sendMessages', headers: declared, body: '{' }))
  await neighbourIsServed()
  expect((await api.call('chat.sendMessages', { messages: [JSON.parse(message())] })).status).toBe(200)
  expect(slow.flatMap(({ answers }) => answers())).toEqual([])
  for (const { close } of slow) close()
})

test('bodies of one account take half of the memory for bodies; the neighbour has its own', async () => {
  const declared = { ...known(), 'content-length': 8 * MIB }
  const large = await Promise.all(Array.from({ length: 4 }, () => openConnection()))
  const almost = Buffer.alloc(8 * MIB - 1, 0x20)
  for (const { write } of large) {
    await write(requestOf({ path: '/trpc/chat.sendMessages', headers: declared }))
    void write(almost)
  }
  const refused = () => large.flatMap(({ answers }) => answers())
  await expect.poll(() => refused().length, { timeout: 15_000 }).toBeGreaterThanOrEqual(2)
  expect(refused().map(({ status }) => status)).not.toContain(200)
  for (const answer of refused()) expect(refusedWith(answer)).toBe('ServiceUnavailable')
  await neighbourIsServed()
  const messages = [{ roomIdentifier: neighbour.room, sender: { userId: 'ann' }, content: 'hi' }]
  const input = { messages, pad: 'x'.repeat(2 * MIB) }
  expect((await api.call('chat.sendMessages', input, neighbour.bearer)).status).toBe(200)
  for (const { close } of large) close()
  // What they held is free once they are gone.
  const again = async () =>
    (await api.call('chat.sendMessages', { ...input, messages: [JSON.parse(message())] })).status
  await expect.poll(again, { timeout: 15_000 }).toBe(200)
})

test.each([
  ['chat.sendMessages', 8 * MIB],
  ['room.list,chat.sendMessages', 8 * MIB],
  ['chat.sendMessage', 128 * 1024],
  ['chat.sendEvent,chat.sendMessage', 128 * 1024],
  ['room.create', 128 * 1024],
  ['chat.sendMessagesNot', 128 * 1024],
])('a body of %s may have %i bytes, declared or not', async (calls, bytesMax) => {
  const path = `/trpc/${calls}?batch=1`
  const declaring = await openConnection()
  await declaring.write(requestOf({ path, headers: { ...known(), 'content-length': bytesMax + 1 } }))
  const answer = await declaring.answer()
  expect(answer.status).toBe(413)
  expect(refusedWith(answer)).toBe('RequestEntityTooLargeException')
  expect(answer.body).toContain(`${bytesMax} bytes`)

  for (const [length, tooLarge] of [
    [bytesMax, false],
    [bytesMax + 1, true],
  ] as const) {
    const url = `${api.url}${path}`
    const body = new ReadableStream({
      start(controller) {
        for (let at = 0; at < length; at += 65_536)
          controller.enqueue(Buffer.alloc(Math.min(65_536, length - at), 0x20))
        controller.close()
      },
    })
    const headers = { ...known(), 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body, duplex: 'half' } as const
    const { status } = await fetch(url, init)
    expect([status, status === 413]).toEqual([status, tooLarge])
  }
})

test('a body that comes in pieces of a byte is put together', async () => {
  const connection = await openConnection()
  const { authorization } = known()
  await connection.write(
    `POST /trpc/chat.sendMessage HTTP/1.1\r\nhost: a\r\nauthorization: ${authorization}\r\n` +
      'content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
  )
  for (const letter of message()) await connection.write(`1\r\n${letter}\r\n`)
  await connection.write('0\r\n\r\n')
  expect((await connection.answer()).status).toBe(200)
})

test('a client that asks whether to send is told so only once its key is known', async () => {
  const stranger = await openConnection()
  const body = message()
  const asking = { expect: '100-continue', 'content-length': Buffer.byteLength(body) }
  let heard = ''
  stranger.socket.on('data', (chunk) => (heard += chunk))
  await stranger.write(requestOf({ headers: asking }))
  expect((await stranger.answer()).status).toBe(403)
  expect(heard).not.toContain('100 Continue')

  const account = await openConnection()
  let told = ''
  account.socket.on('data', (chunk) => (told += chunk))
  await account.write(requestOf({ headers: { ...known(), ...asking } }))
  await expect.poll(() => told).toContain('100 Continue')
  await account.write(body)
  expect((await account.answer()).status).toBe(200)
})

test('a flood of one account takes half of the slots: the other account is served meanwhile', async () => {
  const flood = await Promise.all(Array.from({ length: 4 * SLOTS }, () => openConnection()))
  const half = { ...known(), 'content-length': 100 }
  for (const { write } of flood) await write(requestOf({ headers: half, body: '{' }))
  const refused = () => flood.filter(({ answers }) => answers().length > 0)
  await expect.poll(() => refused().length, { timeout: 15_000 }).toBe(flood.length - SLOTS / 2)
  for (const { answer } of refused()) expect(refusedWith(await answer())).toBe('ServiceUnavailable')
  await neighbourIsServed(20)
  for (const { close } of flood) close()
  // Its slots are free again once the server has heard of it.
  await expect.poll(async () => (await api.call('chat.sendMessage', JSON.parse(message()))).status).toBe(200)
})

test('a key that was good before is looked up in the name of its account: a burst after a rest is no flood of strangers', async () => {
  const send = async () => (await api.call('chat.sendMessage', JSON.parse(message()))).status
  await expect.poll(send).toBe(200)
  // Keys are good for five seconds.
  restedMs += 10_000
  const statuses = await Promise.all(Array.from({ length: SLOTS / 4 }, send))
  expect(statuses).toEqual(statuses.map(() => 200))
})

test('a flood that waits for the journal holds no slot of the neighbour, and gives its own back when it is answered', async () => {
  const release = await holdJournal()
  const flood = await Promise.all(Array.from({ length: SLOTS }, () => openConnection()))
  for (const { write } of flood) await write(requestOf({ headers: known(), body: message() }))
  const refused = () => flood.filter(({ answers }) => answers().length > 0)
  await expect.poll(() => refused().length, { timeout: 15_000 }).toBe(SLOTS / 2)
  expect((await api.call('room.get', { identifier: neighbour.room }, neighbour.bearer)).status).toBe(200)
  await release()
  const statuses = await Promise.all(flood.map(async ({ answer }) => (await answer()).status))
  expect(statuses.filter((status) => status === 200)).toHaveLength(SLOTS / 2)
  const again = await Promise.all(
    flood.slice(0, SLOTS / 2).map(() => api.call('chat.sendMessage', JSON.parse(message()))),
  )
  expect(again.map(({ status }) => status)).toEqual(again.map(() => 200))
  for (const { close } of flood) close()
})

test('clients that go away in the middle of a body leave nothing behind', async () => {
  for (let round = 0; round < 3; round += 1) {
    const gone = await Promise.all(Array.from({ length: SLOTS / 2 }, () => openConnection()))
    for (const { write } of gone)
      await write(requestOf({ headers: { ...known(), 'content-length': 100_000 }, body: '{' }))
    for (const { close } of gone) close()
  }
  const send = async () => {
    const all = await Promise.all(
      Array.from({ length: SLOTS / 4 }, () => api.call('chat.sendMessage', JSON.parse(message()))),
    )
    return all.every(({ status }) => status === 200)
  }
  await expect.poll(send, { timeout: 15_000 }).toBe(true)
})

test('a batch may have its answers as a stream, each when it is there', async () => {
  const headers = { ...known(), 'trpc-accept': 'application/jsonl' }
  const response = await fetch(`${api.url}/trpc/room.list,tags.list?batch=1`, { headers })
  expect(response.headers.get('transfer-encoding')).toBe('chunked')
  const lines = (await response.text()).split('\n').filter((line) => line.trim() !== '')
  expect(lines.length).toBeGreaterThan(1)
})
