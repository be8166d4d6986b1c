import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerOf, createTestDatabase, PLENTY, startApi, type TestApi } from '../test/start-api.ts'

let api: TestApi

beforeAll(async () => {
  const { url } = await createTestDatabase()
  const ceilings = { roomsMax: 3, loggingConfigurationsMax: 2, roomRateMax: 50 }
  api = await startApi(url, { ceilings, rates: { ...PLENTY, LIST_TAGS: 1 } })
})
afterAll(() => api?.close())

const post = async (procedure: string, body: string, headers: Record<string, string> = {}) => {
  const authorization = `Bearer ${api.bearer}`
  return answerOf(
    await fetch(`${api.url}/trpc/${procedure}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', ...headers },
      body,
    }),
  )
}

test('ValidationException 400 names the fields', async () => {
  const answer = await api.call('room.create', { name: 'not a name', maximumMessageLength: 501 })
  expect(answer).toMatchObject({ status: 400, code: 'BAD_REQUEST' })
  expect(answer.ivs).toEqual({
    name: 'ValidationException',
    message: expect.stringContaining('name'),
    reason: 'FIELD_VALIDATION_FAILED',
    fieldList: [
      { name: 'name', message: expect.any(String) },
      { name: 'maximumMessageLength', message: expect.any(String) },
    ],
  })
})

test.each([
  ['room.create', { maximumMessageRatePerSecond: 51 }, 'maximumMessageRatePerSecond'],
  ['room.list', { nextToken: 'nonsense' }, 'nextToken'],
  ['loggingConfiguration.list', { cursor: 'nonsense' }, 'nextToken'],
  ['accessKey.list', { nextToken: 'nonsense' }, 'nextToken'],
  ['room.get', { identifier: 'room' }, 'identifier'],
  ['chat.sendMessages', { messages: [] }, 'messages'],
  ['loggingConfiguration.create', { destinationConfiguration: {} }, 'destinationConfiguration'],
])('%s of %j is refused for the field %s', async (procedure, input, field) => {
  const answer = await api.call(procedure, input)
  expect(answer).toMatchObject({ status: 400, ivs: { name: 'ValidationException', fieldList: [{ name: field }] } })
})

test('content longer than the room allows is refused in code points, and an emoji is one', async () => {
  const room = (await api.call('room.create', { maximumMessageLength: 3 })).data
  const send = (content: string) =>
    api.call('chat.sendMessage', { roomIdentifier: room.arn, sender: { userId: 'ann' }, content })
  expect((await send('😀😀😀')).status).toBe(200)
  const refused = await send('😀😀😀😀')
  expect(refused).toMatchObject({ status: 400, ivs: { name: 'ValidationException', fieldList: [{ name: 'content' }] } })
  await api.call('room.delete', { identifier: room.arn })
})

test('ServiceQuotaExceededException 402 tells the limit, and exactly so many are made at once', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => api.call('room.create')))
  const made = answers.filter(({ status }) => status === 200)
  expect(made).toHaveLength(3)
  const refused = answers.find(({ status }) => status !== 200)
  expect(refused).toMatchObject({ status: 402, code: 'PAYMENT_REQUIRED' })
  expect(refused?.ivs).toEqual({
    name: 'ServiceQuotaExceededException',
    message: expect.any(String),
    resourceId: expect.stringMatching(/^\d{12}$/),
    resourceType: 'ROOM',
    limit: 3,
  })
  for (const { data } of made) await api.call('room.delete', { identifier: data.arn })

  const input = { destinationConfiguration: { s3: { bucketName: 'bucket' } } }
  const configurations = await Promise.all([1, 2, 3].map(() => api.call('loggingConfiguration.create', input)))
  expect(configurations.map(({ status }) => status).sort()).toEqual([200, 200, 402])
})

test('UnrecognizedClientException 403 for a missing, malformed, unknown or wrong key', async () => {
  const [id] = api.bearer.split('.')
  for (const bearer of ['', 'nonsense', 'UNKNOWN.secret', `${id}.wrong`]) {
    const answer = await api.call('room.list', {}, bearer)
    expect(answer).toMatchObject({ status: 403, code: 'FORBIDDEN' })
    expect(answer.ivs).toEqual({ name: 'UnrecognizedClientException', message: expect.any(String) })
  }
})

test('a stranger learns nothing about the input', async () => {
  const answer = await api.call('room.create', { name: 'not a name' }, 'UNKNOWN.secret')
  expect(answer.ivs?.name).toBe('UnrecognizedClientException')
})

test('AccessDeniedException 403 for a chat key, everywhere but in chat', async () => {
  const { data: key } = await api.call('accessKey.create', { scopes: ['chat'] })
  const bearer = `${key.accessKeyId}.${key.secretAccessKey}`
  for (const procedure of [
    'room.create',
    'loggingConfiguration.list',
    'tags.list',
    'accessKey.list',
    'delivery.status',
  ]) {
    const answer = await api.call(procedure, {}, bearer)
    expect(answer).toMatchObject({ status: 403, code: 'FORBIDDEN', ivs: { name: 'AccessDeniedException' } })
  }
})

test('ResourceNotFoundException 404 names the resource', async () => {
  const arn = (type: string) => `arn:aws:ivschat:us-west-2:111111111111:${type}/abcdefABCDEF`
  const missing = await api.call('room.get', { identifier: arn('room') })
  expect(missing).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  expect(missing.ivs).toEqual({
    name: 'ResourceNotFoundException',
    message: expect.any(String),
    resourceId: 'abcdefABCDEF',
    resourceType: 'ROOM',
  })
  const attached = await api.call('room.create', { loggingConfigurationIdentifiers: [arn('logging-configuration')] })
  expect(attached).toMatchObject({ status: 404, ivs: { resourceType: 'LOGGING_CONFIGURATION' } })
  const filtered = await api.call('room.list', { loggingConfigurationIdentifier: arn('logging-configuration') })
  expect(filtered.ivs?.name).toBe('ResourceNotFoundException')
  // Another region's ARN, and an id that the pattern lets pass but that cannot be one.
  for (const identifier of ['arn:aws:ivschat:eu-west-1:111111111111:room/abcdefABCDEF', arn('room').slice(0, -2)]) {
    expect((await api.call('room.get', { identifier })).status).toBe(404)
  }
})

test('ConflictException 409 for deleting what a room lists, and for changing what is being deleted', async () => {
  const [existing] = (await api.call('loggingConfiguration.list')).data.loggingConfigurations
  const identifier = existing.arn
  const room = (await api.call('room.create', { loggingConfigurationIdentifiers: [identifier] })).data
  for (const abandonBacklog of [false, true]) {
    const attached = await api.call('loggingConfiguration.delete', { identifier, abandonBacklog })
    expect(attached).toMatchObject({ status: 409, code: 'CONFLICT' })
    expect(attached.ivs).toEqual({
      name: 'ConflictException',
      message: expect.any(String),
      resourceId: existing.id,
      resourceType: 'LOGGING_CONFIGURATION',
    })
  }
  await api.call('room.update', { identifier: room.arn, loggingConfigurationIdentifiers: [] })
  expect((await api.call('loggingConfiguration.delete', { identifier })).status).toBe(200)
  expect((await api.call('loggingConfiguration.update', { identifier, name: 'late' })).status).toBe(409)
  expect((await api.call('loggingConfiguration.delete', { identifier })).status).toBe(409)
  const late = { identifier: room.arn, loggingConfigurationIdentifiers: [identifier] }
  expect((await api.call('room.update', late)).ivs).toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining('is DELETING'),
  })
  expect((await api.call('loggingConfiguration.delete', { identifier, abandonBacklog: true })).status).toBe(200)
  expect((await api.call('loggingConfiguration.get', { identifier })).status).toBe(404)
  await api.call('room.delete', { identifier: room.arn })
})

test('ThrottlingException 429 tells the limit and when to come again, and each call of a batch counts', async () => {
  const room = (await api.call('room.create')).data
  const input = encodeURIComponent(JSON.stringify({ 0: { resourceArn: room.arn }, 1: { resourceArn: room.arn } }))
  const headers = { authorization: `Bearer ${api.bearer}` }
  const response = await fetch(`${api.url}/trpc/tags.list,tags.list?batch=1&input=${input}`, { headers })
  expect(response.status).toBe(207)
  const items: { error?: { data: { ivs: unknown } } }[] = JSON.parse(await response.text())
  const refused = items.find((item) => item.error !== undefined)?.error
  expect(refused?.data).toMatchObject({ code: 'TOO_MANY_REQUESTS', httpStatus: 429 })
  expect(refused?.data.ivs).toEqual({
    name: 'ThrottlingException',
    message: expect.any(String),
    resourceId: '111111111111',
    resourceType: 'ACCOUNT',
    limit: 1,
    retryAfterMs: expect.any(Number),
  })
  expect(response.headers.get('retry-after')).toBe('1')
  await api.call('room.delete', { identifier: room.arn })
})

test('more than 50 calls in a batch are refused', async () => {
  const paths = Array.from({ length: 51 }, () => 'room.list').join(',')
  const response = await fetch(`${api.url}/trpc/${paths}?batch=1`, {
    headers: { authorization: `Bearer ${api.bearer}` },
  })
  expect(response.status).toBe(400)
  const body = await response.text()
  expect(body).toContain('ValidationException')
})

test('more than 50 tags are refused', async () => {
  const many = (prefix: string, n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [prefix + i, '']))
  const room = (await api.call('room.create', { tags: many('a', 30) })).data
  const refused = await api.call('tags.add', { resourceArn: room.arn, tags: many('b', 21) })
  expect(refused).toMatchObject({ status: 400, ivs: { name: 'ValidationException' } })
  await api.call('room.delete', { identifier: room.arn })
})

test('RequestEntityTooLargeException 413 above 8 MiB', async () => {
  const answer = await post('chat.sendMessages', `{"pad":"${'x'.repeat(8 * 1024 * 1024)}"}`)
  expect(answer).toMatchObject({
    status: 413,
    code: 'PAYLOAD_TOO_LARGE',
    ivs: { name: 'RequestEntityTooLargeException' },
  })
})

test.each([
  ['malformed JSON', 'room.create', '{', {}, 400],
  ['another content type', 'room.create', 'a=b', { 'content-type': 'text/plain' }, 415],
  ['a query sent by POST', 'room.list', '{}', {}, 405],
  ['no such procedure', 'room.nothing', '{}', {}, 404],
])('%s is answered with a ValidationException', async (_what, procedure, body, headers, status) => {
  expect(await post(procedure, body, headers)).toMatchObject({ status, ivs: { name: 'ValidationException' } })
})

test('a path outside the API is 404', async () => {
  const answer = await answerOf(await fetch(`${api.url}/nothing`))
  expect(answer).toMatchObject({ status: 404, ivs: { name: 'ValidationException', reason: 'UNKNOWN_OPERATION' } })
})
