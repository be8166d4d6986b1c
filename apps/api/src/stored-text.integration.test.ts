import type { OperationName } from '@roomlog/domain'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACCOUNT, type Answer, createTestDatabase, REGION, startApi, type TestApi } from '../test/start-api.ts'
import { tokenAfter } from './operations/page.ts'

const lambda = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:review`
const token = tokenAfter({ timeMs: 1, id: '1' })
/** What Postgres takes neither as text nor in JSON. */
const UNSTORABLE = { NUL: '\0', 'half a surrogate pair': '\ud800' }

let api: TestApi
/** Of every operation, with every text that it takes. */
let inputs: Readonly<Record<OperationName, unknown>>

beforeAll(async () => {
  const { url } = await createTestDatabase()
  api = await startApi(url)
  const destinationConfiguration = { s3: { bucketName: 'bucket' } }
  const identifier = (await api.call('loggingConfiguration.create', { destinationConfiguration })).data.arn
  const roomy = { maximumMessageRatePerSecond: 100, loggingConfigurationIdentifiers: [identifier] }
  const roomIdentifier = (await api.call('room.create', roomy)).data.arn
  const message = {
    roomIdentifier,
    sender: { userId: 'ann', attributes: { a: 'b' } },
    content: 'Hello',
    attributes: { a: 'b' },
    requestId: 'r',
  }
  const room = {
    name: 'name',
    messageReviewHandler: { uri: lambda },
    loggingConfigurationIdentifiers: [identifier],
  }
  const letters = { loggingConfigurationIdentifier: identifier, deadLetterIds: ['1'] }
  inputs = {
    'room.create': { ...room, tags: { key: 'value' } },
    'room.get': { identifier: roomIdentifier },
    'room.list': {
      name: 'name',
      messageReviewHandlerUri: lambda,
      loggingConfigurationIdentifier: identifier,
      nextToken: token,
      cursor: token,
    },
    'room.update': { identifier: roomIdentifier, ...room },
    'room.delete': { identifier: `${roomIdentifier.slice(0, -12)}AbsentAbsent` },
    'loggingConfiguration.create': { name: 'name', destinationConfiguration, tags: { key: 'value' } },
    'loggingConfiguration.get': { identifier },
    'loggingConfiguration.list': { nextToken: token, cursor: token },
    'loggingConfiguration.update': { identifier, name: 'name', destinationConfiguration },
    'loggingConfiguration.delete': { identifier: `${identifier.slice(0, -12)}AbsentAbsent` },
    'chat.sendMessage': message,
    'chat.sendMessages': { messages: [message] },
    'chat.sendEvent': { roomIdentifier, eventName: 'event', attributes: { a: 'b' }, requestId: 'r' },
    'chat.deleteMessage': { roomIdentifier, id: 'AbsentAbsent', reason: 'reason' },
    'chat.disconnectUser': { roomIdentifier, userId: 'ann', reason: 'reason' },
    'tags.list': { resourceArn: roomIdentifier },
    'tags.add': { resourceArn: roomIdentifier, tags: { key: 'value' } },
    'tags.remove': { resourceArn: roomIdentifier, tagKeys: ['key'] },
    'accessKey.create': { scopes: ['chat'] },
    'accessKey.list': { nextToken: token, cursor: token },
    'accessKey.revoke': { accessKeyId: 'RLABSENT' },
    'delivery.status': {},
    'delivery.deadLetters': { loggingConfigurationIdentifier: identifier, nextToken: token, cursor: token },
    'delivery.redrive': letters,
    'delivery.discardDeadLetters': letters,
    'delivery.setAside': {
      loggingConfigurationIdentifier: `${identifier.slice(0, -12)}AbsentAbsent`,
      messageId: 'AbsentAbsent',
    },
  }
})
afterAll(() => api?.close())

/** Said in a room: goes to the journal as bytes, as IVS takes it. */
const JOURNALED = /^chat\..*\.(userId|content|eventName|reason|requestId|attributes\.(a|key of a))$/

test.each(Object.entries(UNSTORABLE))(
  '%s in any text that is stored, filtered by or looked up is a ValidationException',
  async (_, odd) => {
    const wrong: string[] = []
    let tried = 0
    for (const [procedure, input] of Object.entries(inputs)) {
      for (const [path, variant] of variantsOf(input, odd)) {
        tried += 1
        const name = `${procedure}.${path}`
        const answer = await api.call(procedure, variant)
        const expected = JOURNALED.test(name) ? 200 : 400
        if (outcomeOf(answer) !== expected) wrong.push(`${name}: ${answer.status} ${answer.ivs?.name}`)
      }
    }
    expect(wrong).toEqual([])
    expect(tried).toBeGreaterThan(60)
  },
)

test('what was tried is taken without such text', async () => {
  for (const [procedure, input] of Object.entries(inputs)) {
    expect([200, 404], procedure).toContain((await api.call(procedure, input)).status)
  }
})

test('a page token that we would have made of such text is none of ours', async () => {
  for (const id of Object.values(UNSTORABLE)) {
    for (const procedure of ['room.list', 'loggingConfiguration.list', 'accessKey.list', 'delivery.deadLetters']) {
      const answer = await api.call(procedure, { nextToken: tokenAfter({ timeMs: 1, id }) })
      expect(answer, procedure).toMatchObject({ status: 400, ivs: { name: 'ValidationException' } })
    }
  }
})

/** Of a call of several messages, that of the message. */
function outcomeOf({ status, data }: Answer): number {
  const error = data?.results?.[0]?.error
  return error === undefined ? status : error.name === 'ValidationException' ? 400 : 500
}

/** The input once for each text in it, keys of maps included, with that text made odd. */
function variantsOf(value: unknown, odd: string): [path: string, variant: unknown][] {
  if (typeof value === 'string') return [['', `${value}${odd}`]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => {
    const others = Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
    const within = (changed: unknown) => {
      if (!Array.isArray(value)) return { ...value, [key]: changed }
      return value.map((old, at) => (String(at) === key ? changed : old))
    }
    const isKeyOfMap = key === 'a' || key === 'key'
    const keys: [string, unknown][] = isKeyOfMap ? [[`key of ${key}`, { ...others, [`${key}${odd}`]: item }]] : []
    const inside = variantsOf(item, odd).map(([path, variant]): [string, unknown] => {
      return [path === '' ? key : `${key}.${path}`, within(variant)]
    })
    return [...keys, ...inside]
  })
}
