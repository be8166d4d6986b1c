import { randomBytes, randomUUID } from 'node:crypto'
import { createPool } from '@roomlog/db'
import { DestinationVersionId, messageRecord, newId, RoomId } from '@roomlog/domain'
import { type Journal, partitionOf, toLeaseToken, toPartition, toPosition } from '@roomlog/journal'
import { createPostgresJournal } from '@roomlog/journal/postgres'
import { asWriter, givenUp, heldLane } from '@roomlog/journal/testing'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readJournal } from '../test/journal.ts'
import { createTestDatabase, OTHER_ACCOUNT, REGION, startApi, type TestApi } from '../test/start-api.ts'

const PARTITIONS = 4
const MISSING = `arn:aws:ivschat:${REGION}:111111111111:logging-configuration/zzzzzzzzzzzz`

let databaseUrl: string
let pool: pg.Pool
let journal: Journal
let api: TestApi
let sibling: TestApi
let stranger: TestApi

beforeAll(async () => {
  databaseUrl = (await createTestDatabase()).url
  const options = { partitionsIfNew: PARTITIONS, ceilings: { loggingConfigurationsMax: 100 } }
  api = await startApi(databaseUrl, options)
  sibling = await startApi(databaseUrl, options)
  stranger = await startApi(databaseUrl, { ...options, accountId: OTHER_ACCOUNT })
  pool = createPool({ url: databaseUrl, max: 2, applicationName: 'test' })
  journal = await createPostgresJournal({ pool })
})
afterAll(async () => {
  await Promise.all([api?.close(), sibling?.close(), stranger?.close(), pool?.end()])
})

type Letter = { readonly id: string; readonly messageId: string }
type Configuration = { readonly arn: string; readonly id: string }

async function createConfiguration(name: string, as = api): Promise<Configuration> {
  const destinationConfiguration = { cloudWatchLogs: { logGroupName: name } }
  return (await as.call('loggingConfiguration.create', { destinationConfiguration })).data
}

const aToken = () => toLeaseToken(randomUUID())

async function firstVersionOf(configuration: Configuration): Promise<DestinationVersionId> {
  const { rows } = await pool.query(
    'select id from destination_version where logging_configuration_id = $1 order by created_at limit 1',
    [configuration.id],
  )
  return DestinationVersionId.parse(rows[0]?.id)
}

/** As a writer leaves them: records that the configuration's first destination refused. */
async function bury(configuration: Configuration, count: number): Promise<readonly Letter[]> {
  const letters: Letter[] = []
  for (let n = 1; n <= count; n += 1) {
    const roomId = RoomId.parse(newId(randomBytes))
    const id = newId(randomBytes)
    const record = messageRecord({ id, content: `letter ${n}`, sendTimeNs: 0n, sender: { userId: 'ann' } })
    const destinationVersionId = await firstVersionOf(configuration)
    const partition = partitionOf(roomId, journal.partitions)
    const letter = { destinationVersionId, position: toPosition(n), roomId, id, reason: 'too old', bytes: record }
    await asWriter(journal, { partition, token: aToken() }, { deadLetters: [letter] })
    const kept = await journal.letters({ from: [destinationVersionId], after: '0', lettersMax: 1_000 })
    letters.push({ id: kept.at(-1)?.letterId ?? '', messageId: id })
  }
  return letters
}

const idsOf = (letters: readonly Letter[]) => letters.map(({ id }) => id)

/** The dead letters of a configuration, through as many pages as it takes. */
async function list(configuration: Configuration, maxResults = 50): Promise<readonly string[]> {
  const ids: string[] = []
  let nextToken: string | undefined
  do {
    const { data } = await api.call('delivery.deadLetters', {
      loggingConfigurationIdentifier: configuration.arn,
      maxResults,
      nextToken,
    })
    expect(data.deadLetters.length).toBeLessThanOrEqual(maxResults)
    ids.push(...idsOf(data.deadLetters))
    nextToken = data.nextToken
  } while (nextToken)
  return ids
}

const redrive = (configuration: Configuration, deadLetterIds?: readonly string[], as = api) =>
  as.call('delivery.redrive', { loggingConfigurationIdentifier: configuration.arn, deadLetterIds })

async function journaled(letters: readonly Letter[]) {
  const wanted = new Set(letters.map(({ messageId }) => messageId))
  return (await readJournal(databaseUrl)).filter(({ record }) => wanted.has(Object(record.payload).Id))
}

test('dead letters are listed with all that is known of them, the oldest first, page by page', async () => {
  const configuration = await createConfiguration('/listed')
  const letters = await bury(configuration, 5)
  expect(await list(configuration, 2)).toEqual(idsOf(letters))
  const [first] = (await api.call('delivery.deadLetters', { loggingConfigurationIdentifier: configuration.arn })).data
    .deadLetters
  expect(first).toEqual({
    id: letters[0]?.id,
    loggingConfigurationArn: configuration.arn,
    destinationConfiguration: { cloudWatchLogs: { logGroupName: '/listed' } },
    roomArn: expect.stringMatching(/^arn:aws:ivschat:us-west-2:111111111111:room\//),
    messageId: letters[0]?.messageId,
    reason: 'too old',
    record: expect.any(String),
    createTime: expect.any(String),
  })
  expect(JSON.parse(first.record).payload).toMatchObject({ Id: letters[0]?.messageId, Content: 'letter 1' })
  expect(new Date(first.createTime).toISOString()).toBe(first.createTime)
})

test('without a configuration, all of the account are listed, also of a configuration that is gone', async () => {
  const configuration = await createConfiguration('/gone')
  const letters = await bury(configuration, 2)
  const deleted = await api.call('loggingConfiguration.delete', { identifier: configuration.arn, abandonBacklog: true })
  expect(deleted.status).toBe(200)
  expect(await list(configuration)).toEqual(idsOf(letters))
  const { deadLetters } = (await api.call('delivery.deadLetters')).data
  expect(idsOf(deadLetters)).toEqual(expect.arrayContaining([...idsOf(letters)]))
  expect(await redrive(configuration)).toMatchObject({ status: 404, ivs: { name: 'ResourceNotFoundException' } })
})

test('another account sees and touches none of them, and is answered as if they were missing', async () => {
  const configuration = await createConfiguration('/owned')
  const letters = await bury(configuration, 2)
  const own = await createConfiguration('/own', stranger)
  await bury(own, 1)
  const { deadLetters } = (await stranger.call('delivery.deadLetters')).data
  expect(deadLetters).toHaveLength(1)
  expect(deadLetters[0].loggingConfigurationArn).toBe(own.arn)
  const renamed = configuration.arn.replace('111111111111', OTHER_ACCOUNT)
  for (const loggingConfigurationIdentifier of [configuration.arn, renamed]) {
    for (const procedure of ['deadLetters', 'redrive', 'discardDeadLetters']) {
      const answer = await stranger.call(`delivery.${procedure}`, { loggingConfigurationIdentifier })
      expect(answer, procedure).toMatchObject({ status: 404, ivs: { name: 'ResourceNotFoundException' } })
    }
  }
  for (const procedure of ['redrive', 'discardDeadLetters']) {
    const input = { loggingConfigurationIdentifier: own.arn, deadLetterIds: idsOf(letters) }
    const { data } = await stranger.call(`delivery.${procedure}`, input)
    expect(data, procedure).toMatchObject({ remaining: 1 })
  }
  expect(await list(configuration)).toEqual(idsOf(letters))
  expect(await journaled(letters)).toEqual([])
})

test('redriven letters go where the configuration points now, each once, with the time of today', async () => {
  const configuration = await createConfiguration('/before')
  const letters = await bury(configuration, 3)
  const destinationConfiguration = { cloudWatchLogs: { logGroupName: '/after' } }
  await api.call('loggingConfiguration.update', { identifier: configuration.arn, destinationConfiguration })
  const since = Date.now()
  expect((await redrive(configuration)).data).toEqual({ redriven: 3, remaining: 0 })
  const { rows } = await pool.query('select destination_version_id as id from logging_configuration where id = $1', [
    configuration.id,
  ])
  const found = await journaled(letters)
  expect(found).toHaveLength(3)
  for (const { destinations, timeMs } of found) {
    expect(destinations).toEqual([rows[0].id])
    expect(timeMs).toBeGreaterThan(since - 5_000)
  }
  expect(await list(configuration)).toEqual([])
  expect((await redrive(configuration)).data).toEqual({ redriven: 0, remaining: 0 })
  expect(await journaled(letters)).toHaveLength(3)
})

test('ids choose; those of others, or that are gone already, are passed over', async () => {
  const [configuration, other] = [await createConfiguration('/chosen'), await createConfiguration('/other')]
  const [letters, others] = [await bury(configuration, 3), await bury(other, 1)]
  const [first, , third] = idsOf(letters)
  const chosen = [first, third, ...idsOf(others), '999999999'].map(String)
  expect((await redrive(configuration, chosen)).data).toEqual({ redriven: 2, remaining: 1 })
  expect((await redrive(configuration, chosen)).data).toEqual({ redriven: 0, remaining: 1 })
  expect(await list(other)).toEqual(idsOf(others))
})

test('two redrives at once, through two apis, send each letter once', async () => {
  const configuration = await createConfiguration('/twice')
  const letters = await bury(configuration, 40)
  const answers = await Promise.all([redrive(configuration), redrive(configuration, undefined, sibling)])
  expect(answers.map(({ status }) => status)).toEqual([200, 200])
  expect(answers.reduce((sum, { data }) => sum + data.redriven, 0)).toBe(40)
  expect(await journaled(letters)).toHaveLength(40)
  expect(await list(configuration)).toEqual([])
})

test('redrives and destinations that change at once: each letter goes once, where its commit found the configuration', async () => {
  const configuration = await createConfiguration('/moving-0')
  const letters = await bury(configuration, 30)
  const move = (n: number) =>
    api.call('loggingConfiguration.update', {
      identifier: configuration.arn,
      destinationConfiguration: { cloudWatchLogs: { logGroupName: `/moving-${n}` } },
    })
  const parts = [0, 10, 20].map((n) => idsOf(letters.slice(n, n + 10)))
  await Promise.all([...parts.map((ids) => redrive(configuration, ids, sibling)), ...[1, 2, 3].map(move)])
  expect((await redrive(configuration)).data.remaining).toBe(0)
  expect(await journaled(letters)).toHaveLength(30)
})

test('only an ACTIVE configuration takes letters back', async () => {
  const configuration = await createConfiguration('/ending')
  const letters = await bury(configuration, 1)
  await api.call('loggingConfiguration.delete', { identifier: configuration.arn })
  expect(await redrive(configuration)).toMatchObject({ status: 409, ivs: { name: 'ConflictException' } })
  expect(await list(configuration)).toEqual(idsOf(letters))
})

test('discarded letters are gone for good, and others are not', async () => {
  const configuration = await createConfiguration('/discarded')
  const letters = await bury(configuration, 3)
  const loggingConfigurationIdentifier = configuration.arn
  const discard = (deadLetterIds?: readonly string[]) =>
    api.call('delivery.discardDeadLetters', { loggingConfigurationIdentifier, deadLetterIds })
  expect((await discard(idsOf(letters).slice(1, 2))).data).toEqual({ discarded: 1, remaining: 2 })
  expect(await list(configuration)).toEqual([letters[0]?.id, letters[2]?.id])
  expect((await discard()).data).toEqual({ discarded: 2, remaining: 0 })
  expect((await redrive(configuration)).data).toEqual({ redriven: 0, remaining: 0 })
  expect(await journaled(letters)).toEqual([])
})

test('the message that a configuration is held for can be set aside, and no other', async () => {
  const configuration = await createConfiguration('/held')
  const [held, other] = [newId(randomBytes), newId(randomBytes)]
  const lane = heldLane(await firstVersionOf(configuration), `Novel: refused. Message ${held} is refused alone.`)
  await asWriter(journal, { partition: toPartition(0), token: aToken() }, { lanes: [lane] })
  const setAside = (messageId: string, as = api) =>
    as.call('delivery.setAside', { loggingConfigurationIdentifier: configuration.arn, messageId })
  const kept = async () =>
    (
      await pool.query('select set_aside from destination_version where logging_configuration_id = $1', [
        configuration.id,
      ])
    ).rows
  expect(await setAside(other)).toMatchObject({ status: 400, ivs: { name: 'ValidationException' } })
  expect(await setAside(held, stranger)).toMatchObject({ status: 404, ivs: { name: 'ResourceNotFoundException' } })
  expect(await kept()).toEqual([{ set_aside: null }])
  for (let n = 0; n < 2; n++) expect(await setAside(held)).toMatchObject({ status: 200, data: {} })
  expect(await kept()).toEqual([{ set_aside: [held] }])
})

test('what is wrong with a request is named', async () => {
  const loggingConfigurationIdentifier = (await createConfiguration('/wrong')).arn
  const wrong: readonly (readonly [string, unknown])[] = [
    ['delivery.deadLetters', { nextToken: 'nonsense' }],
    ['delivery.deadLetters', { nextToken: Buffer.from('[1,"abcdefghijkl"]').toString('base64url') }],
    ['delivery.deadLetters', { maxResults: 0 }],
    ['delivery.deadLetters', { loggingConfigurationIdentifier: 'x' }],
    ['delivery.redrive', {}],
    ['delivery.redrive', { loggingConfigurationIdentifier, deadLetterIds: [] }],
    ['delivery.redrive', { loggingConfigurationIdentifier, deadLetterIds: ["1' or true"] }],
    ['delivery.redrive', { loggingConfigurationIdentifier, deadLetterIds: Array(501).fill('1') }],
    ['delivery.discardDeadLetters', {}],
    ['delivery.setAside', { loggingConfigurationIdentifier, messageId: "' or true" }],
  ]
  for (const [procedure, input] of wrong) {
    const answer = await api.call(procedure, input)
    expect(answer, JSON.stringify(input)).toMatchObject({ status: 400, ivs: { name: 'ValidationException' } })
  }
  for (const procedure of ['deadLetters', 'redrive', 'discardDeadLetters']) {
    const answer = await api.call(`delivery.${procedure}`, { loggingConfigurationIdentifier: MISSING })
    expect(answer, procedure).toMatchObject({ status: 404, ivs: { name: 'ResourceNotFoundException' } })
  }
})

test('what retention gave up is shown in delivery.status', async () => {
  const configuration = await createConfiguration('/given-up')
  const totals = [givenUp(await firstVersionOf(configuration), 4)]
  for (const n of [0, 1]) await asWriter(journal, { partition: toPartition(n), token: aToken() }, { totals })
  const { loggingConfigurations } = (await api.call('delivery.status')).data
  expect(loggingConfigurations).toContainEqual(
    expect.objectContaining({
      loggingConfigurationArn: configuration.arn,
      counters: expect.objectContaining({ givenUp: 8 }),
    }),
  )
})
