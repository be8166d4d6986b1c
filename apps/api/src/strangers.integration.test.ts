import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, PLENTY, startApi, type TestApi } from '../test/start-api.ts'

const TRIES = 40
/** At one a second: what gets through, and a machine that is busy for ten seconds. */
const THROUGH_MAX = 11

let api: TestApi
let room: string

beforeEach(async () => {
  const { url } = await createTestDatabase()
  api = await startApi(url, { rates: { ...PLENTY, SEND_MESSAGE: 1, UNKNOWN_KEYS: 1 } })
  room = (await api.call('room.create', { maximumMessageLength: 5 })).data.arn
})
afterEach(() => api?.close())

const messageTo = (roomIdentifier: string, content = 'Hello') => ({
  roomIdentifier,
  sender: { userId: 'ann' },
  content,
})
const nowhere = () => `${room.slice(0, -12)}${randomBytes(6).toString('hex')}`
const many = <T>(make: () => Promise<T>) => Promise.all(Array.from({ length: TRIES }, make))

test('messages to rooms that are not there are bounded by the rate of the account that sends them', async () => {
  const answers = await many(() => api.call('chat.sendMessage', messageTo(nowhere())))
  const absent = answers.filter(({ status }) => status === 404)
  expect(absent.length).toBeGreaterThan(0)
  expect(absent.length).toBeLessThanOrEqual(THROUGH_MAX)
  expect(answers.filter(({ status }) => status === 429).length).toBe(TRIES - absent.length)
})

test.each([
  ['too long for the room', 'ValidationException', () => messageTo(room, 'too long')],
  ['to nowhere', 'ResourceNotFoundException', () => messageTo(nowhere())],
  ['wrong', 'ValidationException', () => ({ ...messageTo(room), content: '' })],
])('messages of one call that are %s count as if they were sent', async (_, refusal, make) => {
  const messages = Array.from({ length: 5 }, make)
  const { results } = (await api.call('chat.sendMessages', { messages })).data
  const names = results.map(({ error }: { error: { name: string } }) => error.name)
  expect(names).toEqual([refusal, ...Array(4).fill('ThrottlingException')])
})

test('calls with unknown keys are bounded for the whole process, and disturb no key that is known', async () => {
  const strange = () =>
    api.call('room.list', {}, `RL${randomBytes(9).toString('hex')}.${randomBytes(20).toString('hex')}`)
  const answers = await many(strange)
  const unknown = answers.filter(({ status }) => status === 403)
  expect(unknown.length).toBeLessThanOrEqual(THROUGH_MAX)
  expect(answers.filter(({ status }) => status === 503).length).toBe(TRIES - unknown.length)
  expect((await api.call('room.list')).status).toBe(200)
})
