import { createPool } from '@roomlog/db'
import { lockHeads } from '@roomlog/journal/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readJournal } from '../test/journal.ts'
import { answerOf, createTestDatabase, PLENTY, startApi, type TestApi } from '../test/start-api.ts'

let databaseUrl: string
let api: TestApi
/** Hardly takes anything: one request at once, one call a second. */
let narrow: TestApi
let room: { readonly arn: string; readonly id: string }
let revokedKey: string

beforeAll(async () => {
  databaseUrl = (await createTestDatabase()).url
  api = await startApi(databaseUrl)
  narrow = await startApi(databaseUrl, {
    rates: { ...PLENTY, SEND_MESSAGE: 1, SEND_EVENT: 1, DELETE_MESSAGE: 1, DISCONNECT_USER: 1 },
  })
  const destinationConfiguration = { s3: { bucketName: 'bucket' } }
  const { arn } = (await api.call('loggingConfiguration.create', { destinationConfiguration })).data
  const input = { loggingConfigurationIdentifiers: [arn], maximumMessageLength: 20 }
  room = (await api.call('room.create', input)).data
  const { data: key } = await api.call('accessKey.create', { scopes: ['chat'] })
  await api.call('accessKey.revoke', { accessKeyId: key.accessKeyId })
  revokedKey = `${key.accessKeyId}.${key.secretAccessKey}`
})
afterAll(() => Promise.all([api?.close(), narrow?.close()]))

const aMessage = (more: object = {}) => ({
  roomIdentifier: room.arn,
  sender: { userId: 'ann' },
  content: 'refused',
  ...more,
})
const anEvent = (more: object = {}) => ({ roomIdentifier: room.arn, eventName: 'refused', ...more })
const elsewhere = () => ({ roomIdentifier: room.arn.replace(room.id, 'zzzzzzzzzzzz') })
const otherRegion = () => ({ roomIdentifier: room.arn.replace('us-west-2', 'eu-west-1') })
const tooLong = 'x'.repeat(5_000)
const send = (procedure: string, input: object, bearer?: string) => api.call(`chat.${procedure}`, input, bearer)

const raw = async (body: string, contentType = 'application/json') => {
  const headers = { authorization: `Bearer ${api.bearer}`, 'content-type': contentType }
  return answerOf(await fetch(`${api.url}/trpc/chat.sendMessage`, { method: 'POST', headers, body }))
}

const REFUSALS: readonly (readonly [string, string, () => Promise<{ ivs: { name: string } | undefined }>])[] = [
  [
    'a message that is too long for the room',
    'ValidationException',
    () => send('sendMessage', aMessage({ content: 'x'.repeat(21) })),
  ],
  ['a message without content', 'ValidationException', () => send('sendMessage', aMessage({ content: '' }))],
  ['a message without a sender', 'ValidationException', () => send('sendMessage', aMessage({ sender: undefined }))],
  [
    'attributes that are too large',
    'ValidationException',
    () => send('sendMessage', aMessage({ attributes: { a: tooLong } })),
  ],
  [
    'an identifier that is no ARN',
    'ValidationException',
    () => send('sendMessage', aMessage({ roomIdentifier: room.id })),
  ],
  ['an event without a name', 'ValidationException', () => send('sendEvent', anEvent({ eventName: '' }))],
  [
    'an event whose attributes are too large',
    'ValidationException',
    () => send('sendEvent', anEvent({ attributes: { a: tooLong } })),
  ],
  ['a deletion of no message', 'ValidationException', () => send('deleteMessage', { roomIdentifier: room.arn })],
  ['a disconnection of nobody', 'ValidationException', () => send('disconnectUser', { roomIdentifier: room.arn })],
  ['no messages', 'ValidationException', () => send('sendMessages', { messages: [] })],
  [
    'too many messages',
    'ValidationException',
    () => send('sendMessages', { messages: Array.from({ length: 1_001 }, () => aMessage()) }),
  ],
  ['malformed JSON', 'ValidationException', () => raw(JSON.stringify(aMessage()).slice(0, -1))],
  ['another content type', 'ValidationException', () => raw(JSON.stringify(aMessage()), 'text/plain')],
  [
    'a body that is too large',
    'RequestEntityTooLargeException',
    () => raw(JSON.stringify(aMessage({ pad: 'x'.repeat(8 * 1024 * 1024) }))),
  ],
  ['no such room', 'ResourceNotFoundException', () => send('sendMessage', aMessage(elsewhere()))],
  ['a room of another region', 'ResourceNotFoundException', () => send('sendEvent', anEvent(otherRegion()))],
  ['an unknown key', 'UnrecognizedClientException', () => send('sendMessage', aMessage(), 'UNKNOWN.secret')],
  ['a wrong secret', 'UnrecognizedClientException', () => send('sendMessage', aMessage(), `${api.bearer}x`)],
  ['a revoked key', 'UnrecognizedClientException', () => send('sendMessage', aMessage(), revokedKey)],
]

test.each(REFUSALS)('refused for %s (%s): not recorded', async (_what, name, refused) => {
  const before = await contents()
  expect((await refused()).ivs?.name).toBe(name)
  expect(await contents()).toEqual(before)
})

test.each([
  ['sendMessage', () => aMessage()],
  ['sendEvent', () => anEvent()],
  ['deleteMessage', () => ({ roomIdentifier: room.arn, id: 'abcdefABCDEF' })],
  ['disconnectUser', () => ({ roomIdentifier: room.arn, userId: 'ann' })],
] as const)(
  '%s: of many at once over the rate, exactly the acknowledged ones are recorded',
  async (procedure, input) => {
    const before = (await readJournal(databaseUrl)).length
    const answers = await Promise.all(Array.from({ length: 8 }, () => narrow.call(`chat.${procedure}`, input())))
    const refused = answers.filter(({ status }) => status !== 200)
    expect(new Set(refused.map(({ ivs }) => ivs?.name))).toEqual(new Set(['ThrottlingException']))
    expect(refused.length).toBeGreaterThan(0)
    expect((await readJournal(databaseUrl)).length - before).toBe(answers.length - refused.length)
  },
)

test('refused because the process has enough to do: not recorded', async () => {
  const busy = await startApi(databaseUrl, { limits: { requestsInFlightMax: 1 } })
  const release = await holdJournal()
  const taken = busy.call('chat.sendMessage', aMessage({ content: 'taken' }))
  await release.waiting(1)
  const refused = await busy.call('chat.sendMessage', aMessage({ content: 'one too many' }))
  expect(refused).toMatchObject({ status: 503, ivs: { name: 'ServiceUnavailable' } })
  await release()
  expect((await taken).status).toBe(200)
  expect((await contents()).filter((content) => /taken|many/.test(content))).toEqual(['taken'])
  await busy.close()
})

test('refused because the room is deleted between the look-up and the commit: not recorded', async () => {
  const { arn } = (await api.call('loggingConfiguration.list')).data.loggingConfigurations[0]
  const doomed = (await api.call('room.create', { loggingConfigurationIdentifiers: [arn] })).data
  const message = { ...aMessage(), roomIdentifier: doomed.arn, content: 'doomed' }
  const release = await holdJournal()
  const deleting = api.call('room.delete', { identifier: doomed.arn })
  await release.waiting(1)
  const sending = api.call('chat.sendMessage', message)
  await release.waiting(2)
  await release()
  expect((await deleting).status).toBe(200)
  const answer = await sending
  const found = (await contents()).filter((content) => content === 'doomed').length
  expect([answer.status, found]).toEqual(answer.status === 200 ? [200, 1] : [404, 0])
})

/** Keeps everything from being committed to the journal, until it is called. */
async function holdJournal() {
  const pool = createPool({ url: databaseUrl, max: 1, applicationName: 'test' })
  const holder = await pool.connect()
  await holder.query('begin')
  await lockHeads(holder)
  const release = async () => {
    await holder.query('commit')
    holder.release()
    await pool.end()
  }
  /** Until so many sessions wait for it. */
  const waiting = async (sessions: number) => {
    const query = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    const count = async () => (await holder.query(query)).rowCount
    await expect.poll(count, { timeout: 20_000 }).toBeGreaterThanOrEqual(sessions)
  }
  return Object.assign(release, { waiting })
}

async function contents(): Promise<readonly string[]> {
  return (await readJournal(databaseUrl)).map(({ record }) => Object(record.payload).Content)
}
