import { randomUUID } from 'node:crypto'
import { createPool } from '@roomlog/db'
import { RoomId } from '@roomlog/domain'
import { type Journal, partitionOf, toLeaseToken, toPosition } from '@roomlog/journal'
import { createPostgresJournal, transactionOf } from '@roomlog/journal/postgres'
import { apisSignedIn, asWriter, writersAsCountedBefore } from '@roomlog/journal/testing'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readJournal } from '../test/journal.ts'
import { ACCOUNT, createTestDatabase, REGION, startApi, type TestApi } from '../test/start-api.ts'

let databaseUrl: string
let api: TestApi
let pool: ReturnType<typeof createPool>

beforeAll(async () => {
  databaseUrl = (await createTestDatabase()).url
  api = await startApi(databaseUrl)
  pool = createPool({ url: databaseUrl, max: 1, applicationName: 'test' })
})
afterAll(() => Promise.all([api?.close(), pool?.end()]))

const query = (text: string, ...values: readonly string[]) => pool.query(text, [...values])

const ID = /^[a-zA-Z0-9]{12}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const createConfiguration = async (bucketName: string) => {
  const { data } = await api.call('loggingConfiguration.create', { destinationConfiguration: { s3: { bucketName } } })
  return data
}

test('a room is created with the defaults, got, updated in part, listed and deleted', async () => {
  const created = await api.call('room.create')
  expect(created.status).toBe(200)
  expect(created.data).toEqual({
    arn: `arn:aws:ivschat:${REGION}:${ACCOUNT}:room/${created.data.id}`,
    id: expect.stringMatching(ID),
    name: '',
    createTime: expect.stringMatching(TIME),
    updateTime: created.data.createTime,
    maximumMessageRatePerSecond: 10,
    maximumMessageLength: 500,
    tags: {},
  })
  const identifier = created.data.arn
  expect((await api.call('room.get', { identifier })).data).toEqual(created.data)

  const handler = { uri: 'arn:aws:lambda:us-west-2:111111111111:function:review', fallbackResult: 'DENY' }
  const updated = await api.call('room.update', { identifier, name: 'lobby', messageReviewHandler: handler })
  expect(updated.data).toMatchObject({ name: 'lobby', maximumMessageLength: 500, messageReviewHandler: handler })
  const detached = await api.call('room.update', { identifier, messageReviewHandler: { uri: '' } })
  expect(detached.data.messageReviewHandler).toEqual({ uri: '', fallbackResult: 'DENY' })

  const listed = await api.call('room.list', { name: 'lobby' })
  const { maximumMessageLength, maximumMessageRatePerSecond, ...summary } = detached.data
  expect([maximumMessageLength, maximumMessageRatePerSecond]).toEqual([500, 10])
  expect(listed.data).toEqual({ rooms: [summary] })

  expect(await api.call('room.delete', { identifier })).toMatchObject({ status: 200, data: {} })
  expect(await api.call('room.get', { identifier })).toMatchObject({ status: 404, code: 'NOT_FOUND' })
})

test('lists come latest update first, in pages that neither repeat nor skip, by nextToken or cursor', async () => {
  const names = ['page-a', 'page-b', 'page-c', 'page-d', 'page-e']
  const ids: string[] = []
  for (const name of names) ids.unshift((await api.call('room.create', { name, tags: { page: 'yes' } })).data.id)
  const walk = async (tokenName: 'nextToken' | 'cursor') => {
    const seen: string[] = []
    let token: string | undefined = ''
    while (token !== undefined) {
      const { data } = await api.call('room.list', { maxResults: 2, [tokenName]: token })
      expect(data.rooms.length).toBeLessThanOrEqual(2)
      seen.push(...data.rooms.map((room: { id: string }) => room.id))
      token = data.nextToken
    }
    return seen.filter((id) => ids.includes(id))
  }
  expect(await walk('nextToken')).toEqual(ids)
  expect(await walk('cursor')).toEqual(ids)
  await api.call('room.update', { identifier: `arn:aws:ivschat:${REGION}:${ACCOUNT}:room/${ids[4]}`, name: 'touched' })
  expect((await walk('nextToken'))[0]).toBe(ids[4])
})

test('a logging configuration is created, got, listed, updated in name and destination', async () => {
  const created = await api.call('loggingConfiguration.create', {
    name: 'archive',
    destinationConfiguration: { s3: { bucketName: 'first-bucket' } },
    tags: { team: 'chat' },
  })
  expect(created.data).toEqual({
    arn: `arn:aws:ivschat:${REGION}:${ACCOUNT}:logging-configuration/${created.data.id}`,
    id: expect.stringMatching(ID),
    createTime: expect.stringMatching(TIME),
    updateTime: expect.stringMatching(TIME),
    name: 'archive',
    destinationConfiguration: { s3: { bucketName: 'first-bucket' } },
    state: 'ACTIVE',
    tags: { team: 'chat' },
  })
  const identifier = created.data.arn
  expect((await api.call('loggingConfiguration.get', { identifier })).data).toEqual(created.data)
  const updated = await api.call('loggingConfiguration.update', {
    identifier,
    name: 'stream',
    destinationConfiguration: { firehose: { deliveryStreamName: 'chat' } },
  })
  expect(updated.data).toMatchObject({
    arn: identifier,
    name: 'stream',
    state: 'ACTIVE',
    destinationConfiguration: { firehose: { deliveryStreamName: 'chat' } },
  })
  expect((await api.call('loggingConfiguration.list', {})).data.loggingConfigurations).toContainEqual(updated.data)
  expect(await api.call('loggingConfiguration.delete', { identifier })).toMatchObject({ status: 200, data: {} })
  expect((await api.call('loggingConfiguration.get', { identifier })).data.state).toBe('DELETING')
})

// It resolved, as CREATE_FAILED: a program attached it, every message was answered, and nothing was recorded.
test('a configuration whose destination cannot be used is refused when it is made, and nothing is created', async () => {
  const before = (await api.call('loggingConfiguration.list')).data
  const refused = await api.call('loggingConfiguration.create', {
    destinationConfiguration: { s3: { bucketName: 'missing-bucket' } },
  })
  expect(refused).toMatchObject({
    status: 404,
    ivs: {
      name: 'ResourceNotFoundException',
      message: expect.stringContaining('nothing was created: missing-bucket does not exist; create it'),
      resourceId: 'missing-bucket',
      resourceType: 'DESTINATION',
    },
  })
  expect((await api.call('loggingConfiguration.list')).data).toEqual(before)
})

test.each([
  ['access', 403, 'AccessDeniedException'],
  ['credentials', 403, 'AccessDeniedException'],
  ['invalid', 400, 'ValidationException'],
  ['network', 400, 'ValidationException'],
] as const)('a check that fails by %s refuses with %i %s, and the reason', async (why, status, name) => {
  const failure = { class: why, name: 'Any', message: 'what is wrong', metric: 'LogDestinationErrors' } as const
  const checkDestination = async () => ({ status: 'failed', failure }) as const
  const failing = await startApi(databaseUrl, { checkDestination })
  const destinationConfiguration = { cloudWatchLogs: { logGroupName: '/any' } }
  const refused = await failing.call('loggingConfiguration.create', { destinationConfiguration })
  expect(refused).toMatchObject({ status, ivs: { name, message: expect.stringContaining('what is wrong') } })
  await failing.close()
})

test('one that failed later is not attached, is said to by its rooms and by delivery.status, and logs once it is updated', async () => {
  const failed = await createConfiguration('failing-bucket')
  const room = await api.call('room.create', { loggingConfigurationIdentifiers: [failed.arn] })
  expect(room.data.notLogging).toBeUndefined()
  await query(
    `update logging_configuration set state = 'UPDATE_FAILED', state_reason = 'no bucket' where id = $1`,
    failed.id,
  )
  await withJournal((journal, pool) => journal.announce(transactionOf(pool)))
  const send = (content: string) =>
    api.call('chat.sendMessage', { roomIdentifier: room.data.arn, sender: { userId: 'ann' }, content })
  expect((await send('to nobody')).status).toBe(200)

  const identifier = room.data.arn
  const told = { loggingConfigurationArn: failed.arn, state: 'UPDATE_FAILED', stateReason: 'no bucket' }
  expect((await api.call('room.get', { identifier })).data.notLogging).toEqual([told])
  expect(await statusOf(failed.arn)).toMatchObject({
    configurationState: 'UPDATE_FAILED',
    configurationStateReason: 'no bucket',
  })
  const list = { loggingConfigurationIdentifiers: [failed.arn] }
  const other = (await api.call('room.create')).data
  for (const [procedure, input] of [
    ['room.create', list],
    ['room.update', { identifier: other.arn, ...list }],
  ] as const) {
    expect(await api.call(procedure, input)).toMatchObject({
      status: 400,
      ivs: {
        name: 'ValidationException',
        message: expect.stringMatching(/is UPDATE_FAILED, not ACTIVE.*no bucket/),
        fieldList: [{ name: 'loggingConfigurationIdentifiers' }],
      },
    })
  }
  expect((await api.call('room.get', { identifier: other.arn })).data).toEqual(other)
  // A configuration that is in the list already may stay, because otherwise such a room could not be changed at all.
  expect((await api.call('room.update', { identifier, name: 'renamed', ...list })).status).toBe(200)

  const destinationConfiguration = { s3: { bucketName: 'found-bucket' } }
  const healed = await api.call('loggingConfiguration.update', { identifier: failed.arn, destinationConfiguration })
  expect(healed.data).toMatchObject({ state: 'ACTIVE', destinationConfiguration })
  expect(healed.data.stateReason).toBeUndefined()
  expect((await api.call('room.get', { identifier })).data.notLogging).toBeUndefined()
  expect(await statusOf(failed.arn)).toMatchObject({ configurationState: 'ACTIVE' })
  expect((await send('to the bucket')).status).toBe(200)
  const contents = (await readJournal(databaseUrl)).map(({ record }) => Object(record.payload).Content)
  expect(contents).toContain('to the bucket')
  expect(contents).not.toContain('to nobody')
})

test('an update to a destination that is not there is refused and changes nothing', async () => {
  const { arn: identifier } = await createConfiguration('kept-bucket')
  const refused = await api.call('loggingConfiguration.update', {
    identifier,
    name: 'renamed',
    destinationConfiguration: { s3: { bucketName: 'missing-bucket' } },
  })
  expect(refused.ivs).toMatchObject({ name: 'ValidationException', fieldList: [{ name: 'destinationConfiguration' }] })
  expect((await api.call('loggingConfiguration.get', { identifier })).data).toMatchObject({
    name: '',
    state: 'ACTIVE',
    destinationConfiguration: { s3: { bucketName: 'kept-bucket' } },
  })
})

test('every kind of chat request is journaled in order, once, for the destinations of its room', async () => {
  const [first, second] = [await createConfiguration('chat-bucket'), await createConfiguration('chat-bucket')]
  const room = await api.call('room.create', { loggingConfigurationIdentifiers: [first.arn, second.arn] })
  const roomIdentifier = room.data.arn
  const message = { roomIdentifier, sender: { userId: 'ann', attributes: { color: 'red' } }, content: 'hello' }
  const sent = await api.call('chat.sendMessage', { ...message, requestId: 'r1', attributes: { a: 'b' } })
  expect(sent.data).toEqual({ id: expect.stringMatching(ID), sendTime: expect.stringMatching(/Z$/) })
  const event = await api.call('chat.sendEvent', { roomIdentifier, eventName: 'app:hi', attributes: { k: 'v' } })
  const deleted = await api.call('chat.deleteMessage', { roomIdentifier, id: sent.data.id, reason: 'spam' })
  expect(await api.call('chat.disconnectUser', { roomIdentifier, userId: 'ann' })).toMatchObject({
    status: 200,
    data: {},
  })
  const many = await api.call('chat.sendMessages', { messages: [message, message] })
  expect(many.data.results).toHaveLength(2)

  const records = (await readJournal(databaseUrl)).filter(({ record }) => {
    return [sent, event, deleted].some(({ data }) => data.id === Object(record.payload).Id) || isLast(record)
  })
  function isLast(record: Readonly<Record<string, unknown>>) {
    const { Id, EventName } = Object(record.payload)
    return EventName === 'aws:DISCONNECT_USER' || many.data.results.some(({ id }: { id: string }) => id === Id)
  }
  expect(records.map(({ record }) => record)).toMatchObject([
    { type: 'MESSAGE', payload: { Id: sent.data.id, RequestId: 'r1', SendTime: sent.data.sendTime, Content: 'hello' } },
    { type: 'EVENT', payload: { Id: event.data.id, EventName: 'app:hi', Attributes: { k: 'v' } } },
    {
      type: 'EVENT',
      payload: { Id: deleted.data.id, EventName: 'aws:DELETE_MESSAGE', Attributes: { Reason: 'spam' } },
    },
    { type: 'EVENT', payload: { EventName: 'aws:DISCONNECT_USER', RequestId: '', Attributes: { UserId: 'ann' } } },
    { type: 'MESSAGE', payload: { Id: many.data.results[0].id } },
    { type: 'MESSAGE', payload: { Id: many.data.results[1].id } },
  ])
  // Both configurations have one destination: the first listed gets the records.
  expect(new Set(records.map(({ destinations }) => destinations.length))).toEqual(new Set([1]))
})

test('tags are listed, added to and removed from rooms and logging configurations', async () => {
  const room = (await api.call('room.create', { tags: { a: '1', b: '2' } })).data
  const configuration = await createConfiguration('tagged-bucket')
  for (const resourceArn of [room.arn, configuration.arn]) {
    expect((await api.call('tags.add', { resourceArn, tags: { b: '3', c: '4' } })).data).toEqual({})
    expect((await api.call('tags.list', { resourceArn })).data.tags).toMatchObject({ b: '3', c: '4' })
    expect((await api.call('tags.remove', { resourceArn, tagKeys: ['b', 'nothing'] })).data).toEqual({})
    expect((await api.call('tags.list', { resourceArn })).data.tags).not.toHaveProperty('b')
  }
  expect((await api.call('room.get', { identifier: room.arn })).data.tags).toEqual({ a: '1', c: '4' })
})

test('an access key is created with its scope, listed without its secret, and revoked', async () => {
  const { data: key } = await api.call('accessKey.create', { scopes: ['chat'] })
  expect(key).toMatchObject({ scopes: ['chat'], secretAccessKey: expect.stringMatching(/^\S{40}$/) })
  const bearer = `${key.accessKeyId}.${key.secretAccessKey}`
  expect(await api.call('room.list', {}, bearer)).toMatchObject({
    status: 403,
    code: 'FORBIDDEN',
    ivs: { name: 'AccessDeniedException' },
  })
  const roomIdentifier = (await api.call('room.create')).data.arn
  expect((await api.call('chat.sendEvent', { roomIdentifier, eventName: 'x' }, bearer)).status).toBe(200)
  const { accessKeys } = (await api.call('accessKey.list')).data
  expect(accessKeys).toContainEqual({ accessKeyId: key.accessKeyId, scopes: ['chat'], createTime: key.createTime })
  expect((await api.call('accessKey.revoke', { accessKeyId: key.accessKeyId })).data).toEqual({})
  expect(await api.call('chat.sendEvent', { roomIdentifier, eventName: 'x' }, bearer)).toMatchObject({
    status: 403,
    ivs: { name: 'UnrecognizedClientException' },
  })
})

async function statusOf(arn: string) {
  const { data } = await api.call('delivery.status', {})
  return data.loggingConfigurations.find((status: { loggingConfigurationArn: string }) => {
    return status.loggingConfigurationArn === arn
  })
}

test('delivery.status: what cannot be read from the journal holds those who wait for it, with the reason, and nobody else', async () => {
  const [waits, other] = [await createConfiguration('damaged-bucket'), await createConfiguration('other-bucket')]
  await withJournal((journal) => journal.roll({ writerId: 'a-writer', ttlMs: 3_600_000, held: [] }))
  const room = (await api.call('room.create', { loggingConfigurationIdentifiers: [waits.arn] })).data
  await api.call('chat.sendMessage', { roomIdentifier: room.arn, sender: { userId: 'ann' }, content: 'hi' })
  const report = (position: number | undefined) =>
    withJournal(async (journal) => {
      const partition = partitionOf(RoomId.parse(room.id), journal.partitions)
      const trouble = position === undefined ? undefined : { position: toPosition(position), words: 'damaged at 1' }
      await asWriter(journal, { partition, token: toLeaseToken(randomUUID()) }, (lease) =>
        journal.report(lease, trouble),
      )
    })
  await report(Number.MAX_SAFE_INTEGER)
  expect(await statusOf(waits.arn)).toMatchObject({ state: 'held', lastError: 'damaged at 1', backlogRecords: 1 })
  expect(await statusOf(other.arn)).toMatchObject({ state: 'idle' })
  // All that waits stands behind it.
  await report(0)
  expect(await statusOf(waits.arn)).toMatchObject({ state: 'flowing' })
  await report(undefined)
  expect(await statusOf(waits.arn)).toMatchObject({ state: 'flowing' })
})

test('delivery.status tells the backlog and lag of each logging configuration, and that no writer lives', async () => {
  const configuration = await createConfiguration('status-bucket')
  const room = (await api.call('room.create', { loggingConfigurationIdentifiers: [configuration.arn] })).data
  await withJournal((journal) => journal.roll({ writerId: 'a-writer', ttlMs: 3_600_000, held: [] }))
  expect(await statusOf(configuration.arn)).toMatchObject({ state: 'idle', backlogRecords: 0, lagSeconds: 0 })
  const message = { roomIdentifier: room.arn, sender: { userId: 'ann' }, content: 'hi' }
  await api.call('chat.sendMessages', { messages: Array.from({ length: 7 }, () => message) })
  const status = await statusOf(configuration.arn)
  expect(status).toMatchObject({
    destinationConfiguration: { s3: { bucketName: 'status-bucket' } },
    state: 'flowing',
    backlogRecords: 7,
    counters: { delivered: 0, givenUp: 0 },
  })
  expect(status.lagSeconds).toBeGreaterThan(0)
  expect((await api.call('delivery.status')).data.writers).toBe(1)

  await withJournal((journal) => journal.signOut('a-writer'))
  expect(await statusOf(configuration.arn)).toMatchObject({ state: 'no-writer', backlogRecords: 7 })
  expect((await api.call('delivery.status')).data.writers).toBe(0)
})

test('an api is in the roll of the journal while it lives and a little longer, and is no writer', async () => {
  const other = await startApi(databaseUrl)
  const pool = createPool({ url: databaseUrl, max: 1, applicationName: 'test' })
  const before = await apisSignedIn(pool)
  expect(await writersAsCountedBefore(pool)).toBe(0)
  await other.close()
  await expect.poll(() => apisSignedIn(pool), { timeout: 20_000 }).toBe(before - 1)
  await pool.end()
})

/** Does to the journal what other processes do meanwhile. */
async function withJournal(work: (journal: Journal, pool: pg.Pool) => Promise<unknown>): Promise<void> {
  const pool = createPool({ url: databaseUrl, max: 1, applicationName: 'test' })
  try {
    await work(await createPostgresJournal({ pool }), pool)
  } finally {
    await pool.end()
  }
}
