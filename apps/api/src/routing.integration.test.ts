import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { DestinationVersionId, RoomId } from '@roomlog/domain'
import { partitionOf, toLeaseToken } from '@roomlog/journal'
import { createPostgresJournal } from '@roomlog/journal/postgres'
import { asWriter, heldLane } from '@roomlog/journal/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Journaled, readJournal } from '../test/journal.ts'
import { createTestDatabase, startApi, type TestApi } from '../test/start-api.ts'

let databaseUrl: string
let one: TestApi
let two: TestApi

beforeAll(async () => {
  databaseUrl = (await createTestDatabase()).url
  one = await startApi(databaseUrl)
  two = await startApi(databaseUrl)
})
afterAll(() => Promise.all([one?.close(), two?.close()]))

const createConfiguration = async (bucketName: string) => {
  const answer = await one.call('loggingConfiguration.create', { destinationConfiguration: { s3: { bucketName } } })
  expect(answer).toMatchObject({ status: 200 })
  return answer.data
}

const contentOf = ({ record }: Journaled): string => Object(record.payload).Content

/** Two senders through one api stay below the 100 messages a second that a room takes. */
const PAUSE_MS = 25

/** Sends one message after the other through either api, until told to stop; remembers what was acknowledged when. */
function traffic(roomIdentifier: string) {
  const acknowledged: { content: string; sentAt: number; answeredAt: number }[] = []
  let going = true
  const sender = async (api: TestApi, name: string) => {
    for (let i = 0; going; i += 1) {
      const content = `${name}-${i}`
      const sentAt = performance.now()
      const answer = await api.call('chat.sendMessage', { roomIdentifier, sender: { userId: name }, content })
      expect(answer.status).toBe(200)
      acknowledged.push({ content, sentAt, answeredAt: performance.now() })
      await sleep(PAUSE_MS)
    }
  }
  const running = Promise.all([sender(one, 'one'), sender(two, 'two'), sender(two, 'three')])
  return {
    acknowledged,
    stop: async () => {
      going = false
      await running
    },
  }
}

test('under traffic through two apis, exactly the records committed while attached are addressed', async () => {
  const configuration = await createConfiguration('routed-bucket')
  const room = (await one.call('room.create', { maximumMessageRatePerSecond: 100 })).data
  const { acknowledged, stop } = traffic(room.arn)
  const windows: { attachFrom: number; attachTo: number; detachFrom: number; detachTo: number }[] = []
  const list = async (api: TestApi, loggingConfigurationIdentifiers: readonly string[]) => {
    const from = performance.now()
    const answer = await api.call('room.update', { identifier: room.arn, loggingConfigurationIdentifiers })
    expect(answer.status).toBe(200)
    return { from, to: performance.now() }
  }
  const more = async (n: number) => expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(n)
  for (const [attacher, detacher] of [
    [one, two],
    [two, one],
    [one, one],
  ] as const) {
    await more(acknowledged.length + 10)
    const attach = await list(attacher, [configuration.arn])
    await more(acknowledged.length + 10)
    const detach = await list(detacher, [])
    windows.push({ attachFrom: attach.from, attachTo: attach.to, detachFrom: detach.from, detachTo: detach.to })
  }
  await more(acknowledged.length + 10)
  await stop()

  const journaled = new Set((await readJournal(databaseUrl)).map(contentOf))
  const surelyInside = acknowledged.filter(({ sentAt, answeredAt }) =>
    windows.some((window) => sentAt > window.attachTo && answeredAt < window.detachFrom),
  )
  const possiblyInside = acknowledged.filter(({ sentAt, answeredAt }) =>
    windows.some((window) => answeredAt > window.attachFrom && sentAt < window.detachTo),
  )
  expect(surelyInside.length).toBeGreaterThan(10)
  for (const { content } of surelyInside) expect(journaled).toContain(content)
  const possible = new Set(possiblyInside.map(({ content }) => content))
  for (const content of journaled) expect(possible).toContain(content)
  // The journal itself says where each record stood: nothing is addressed to anybody but this version.
  const sets = new Set((await readJournal(databaseUrl)).map(({ destinations }) => destinations.join()))
  expect(sets.size).toBe(1)
})

test('a room deleted through one api takes nothing more through the other', async () => {
  const configuration = await createConfiguration('deleted-bucket')
  const room = (await one.call('room.create', { loggingConfigurationIdentifiers: [configuration.arn] })).data
  const message = (content: string) => ({ roomIdentifier: room.arn, sender: { userId: 'ann' }, content })
  expect((await two.call('chat.sendMessage', message('before'))).status).toBe(200)
  await one.call('room.delete', { identifier: room.arn })
  expect(await two.call('chat.sendMessage', message('after'))).toMatchObject({
    status: 404,
    ivs: { name: 'ResourceNotFoundException', resourceType: 'ROOM', resourceId: room.id },
  })
  const contents = (await readJournal(databaseUrl)).map(contentOf)
  expect(contents).toContain('before')
  expect(contents).not.toContain('after')
})

test('a change of destination holds from its commit on, through either api', async () => {
  const configuration = await createConfiguration('old-bucket')
  const room = (await one.call('room.create', { loggingConfigurationIdentifiers: [configuration.arn] })).data
  const send = (api: TestApi, content: string) =>
    api.call('chat.sendMessage', { roomIdentifier: room.arn, sender: { userId: 'ann' }, content })
  await send(one, 'old-1')
  await send(two, 'old-2')
  const destinationConfiguration = { s3: { bucketName: 'new-bucket' } }
  await one.call('loggingConfiguration.update', { identifier: configuration.arn, destinationConfiguration })
  await send(two, 'new-1')
  await send(one, 'new-2')
  const journal = await readJournal(databaseUrl)
  const versionsOf = (contents: readonly string[]) =>
    new Set(journal.filter((item) => contents.includes(contentOf(item))).map(({ destinations }) => destinations.join()))
  const [before, after] = [versionsOf(['old-1', 'old-2']), versionsOf(['new-1', 'new-2'])]
  expect([before.size, after.size]).toEqual([1, 1])
  expect([...before]).not.toEqual([...after])
})

test('destinations that change under traffic through two apis: each record goes to the one of its commit', async () => {
  const configuration = await createConfiguration('moving-0-bucket')
  const input = { loggingConfigurationIdentifiers: [configuration.arn], maximumMessageRatePerSecond: 100 }
  const room = (await one.call('room.create', input)).data
  const { acknowledged, stop } = traffic(room.arn)
  const more = async () => {
    const goal = acknowledged.length + 15
    await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(goal)
  }
  const changes = [{ calledAt: 0, answeredAt: 0 }]
  for (const [n, api] of [one, two, one, two].entries()) {
    await more()
    const calledAt = performance.now()
    const destinationConfiguration = { s3: { bucketName: `moving-${n + 1}-bucket` } }
    const change = { identifier: configuration.arn, destinationConfiguration }
    expect((await api.call('loggingConfiguration.update', change)).status).toBe(200)
    changes.push({ calledAt, answeredAt: performance.now() })
  }
  await more()
  await stop()

  const contents = new Set(acknowledged.map(({ content }) => content))
  const mine = (await readJournal(databaseUrl)).filter(
    (item) => item.roomId === room.id && contents.has(contentOf(item)),
  )
  expect(mine.map(contentOf).toSorted()).toEqual([...contents].toSorted())
  // One destination each, and in the order of the journal only ever the next one.
  const versions = mine.map(({ destinations }) => destinations.join())
  const inTurn = versions.filter((version, n) => version !== versions[n - 1])
  expect(inTurn).toHaveLength(changes.length)
  expect(new Set(inTurn).size).toBe(changes.length)
  const versionOf = new Map(mine.map((item, n) => [contentOf(item), inTurn.indexOf(versions[n] ?? '')]))
  for (const { content, sentAt, answeredAt } of acknowledged) {
    const least = changes.findLastIndex((change) => change.answeredAt <= sentAt)
    const most = changes.findLastIndex((change) => change.calledAt < answeredAt)
    expect(versionOf.get(content)).toBeGreaterThanOrEqual(least)
    expect(versionOf.get(content)).toBeLessThanOrEqual(most)
  }
})

test('a configuration detached and deleted under traffic gets nothing after that, and can end', async () => {
  const doomed = await createConfiguration('doomed-bucket')
  const lasting = await createConfiguration('lasting-bucket')
  const input = { loggingConfigurationIdentifiers: [doomed.arn, lasting.arn], maximumMessageRatePerSecond: 100 }
  const room = (await one.call('room.create', input)).data
  const { acknowledged, stop } = traffic(room.arn)
  const more = async () => {
    const goal = acknowledged.length + 15
    await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(goal)
  }
  await more()
  const list = { identifier: room.arn, loggingConfigurationIdentifiers: [lasting.arn] }
  expect((await two.call('room.update', list)).status).toBe(200)
  expect((await two.call('loggingConfiguration.delete', { identifier: doomed.arn })).status).toBe(200)
  const deletedAt = performance.now()
  await more()
  await stop()
  const mine = (await readJournal(databaseUrl)).filter(({ roomId }) => roomId === room.id)
  const after = new Set(acknowledged.filter(({ sentAt }) => sentAt > deletedAt).map(({ content }) => content))
  const [first, last] = [mine[0]?.destinations ?? [], mine.at(-1)?.destinations ?? []]
  expect([first.length, last.length]).toEqual([2, 1])
  expect(after.size).toBeGreaterThan(10)
  for (const item of mine.filter((each) => after.has(contentOf(each)))) expect(item.destinations).toEqual(last)
  // In the order of the journal it happened once.
  const sizes = mine.map(({ destinations }) => destinations.length)
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a))
})

test('of an attach and a delete at the same time, exactly one succeeds', async () => {
  for (let round = 0; round < 8; round += 1) {
    const abandonBacklog = round % 2 === 0
    const configuration = await createConfiguration('contested-bucket')
    const room = (await one.call('room.create')).data
    const [attach, remove] = await Promise.all([
      one.call('room.update', { identifier: room.arn, loggingConfigurationIdentifiers: [configuration.arn] }),
      two.call('loggingConfiguration.delete', { identifier: configuration.arn, abandonBacklog }),
    ])
    const attached = attach.status === 200
    // One that drains is DELETING, and not ACTIVE any more; one that was abandoned is gone.
    expect([attach.status, remove.status]).toEqual(attached ? [200, 409] : [abandonBacklog ? 404 : 400, 200])
    const listed = (await one.call('room.get', { identifier: room.arn })).data.loggingConfigurationIdentifiers
    expect(listed).toEqual(attached ? [configuration.arn] : undefined)
    // What attaching saved must not add up, round by round, to more configurations than an account may have.
    await one.call('room.delete', { identifier: room.arn })
    if (attached) await one.call('loggingConfiguration.delete', { identifier: configuration.arn, abandonBacklog: true })
  }
})

test('changes of different rooms and configurations at the same time all succeed', async () => {
  const configurations = await Promise.all(['a', 'b', 'c'].map((name) => createConfiguration(`${name}-bucket`)))
  const arns = configurations.map(({ arn }) => arn)
  const rooms = await Promise.all(Array.from({ length: 6 }, async () => (await one.call('room.create')).data))
  const changes = rooms.flatMap((room, i) => {
    const loggingConfigurationIdentifiers = i % 2 === 0 ? arns : arns.toReversed()
    return [one, two].map((api) => api.call('room.update', { identifier: room.arn, loggingConfigurationIdentifiers }))
  })
  const renames = arns.map((identifier, i) =>
    two.call('loggingConfiguration.update', {
      identifier,
      destinationConfiguration: { s3: { bucketName: `x${i}-bucket` } },
    }),
  )
  for (const answer of await Promise.all([...changes, ...renames])) expect(answer.status).toBe(200)
})

test('messages refused by rate or by rule are never recorded, and a room refused once stays refused in the call', async () => {
  const configuration = await createConfiguration('rates-bucket')
  const create = async (rate: number) => {
    const input = { maximumMessageRatePerSecond: rate, loggingConfigurationIdentifiers: [configuration.arn] }
    return (await one.call('room.create', input)).data
  }
  const [slow, fast] = [await create(2), await create(100)]
  const message = (room: { arn: string }, content: string) => ({
    roomIdentifier: room.arn,
    sender: { userId: 'ann' },
    content,
  })
  const messages = [
    message(slow, 'slow-0'),
    message(fast, 'fast-0'),
    message(slow, ''),
    message(slow, 'slow-1'),
    message(slow, 'slow-2'),
    message(fast, 'fast-1'),
    message(slow, 'slow-3'),
    message({ arn: slow.arn.replace(slow.id, 'zzzzzzzzzzzz') }, 'nowhere'),
  ]
  const { results } = (await one.call('chat.sendMessages', { messages })).data
  expect(results.map((result: { error?: { name: string } }) => result.error?.name)).toEqual([
    undefined,
    undefined,
    'ValidationException',
    undefined,
    'ThrottlingException',
    undefined,
    'ThrottlingException',
    'ResourceNotFoundException',
  ])
  const when = { retryAfterMs: expect.any(Number) }
  expect(results[4].error).toMatchObject({ resourceId: slow.id, resourceType: 'ROOM', limit: 2, ...when })
  expect(await one.call('chat.sendMessage', message(slow, 'slow-4'))).toMatchObject({
    status: 429,
    code: 'TOO_MANY_REQUESTS',
    ivs: { name: 'ThrottlingException', resourceId: slow.id },
  })
  const contents = (await readJournal(databaseUrl))
    .map(contentOf)
    .filter((content) => /^(slow|fast|nowhere)/.test(content))
  expect(contents.filter((content) => content.startsWith('slow'))).toEqual(['slow-0', 'slow-1'])
  expect(contents.filter((content) => content.startsWith('fast'))).toEqual(['fast-0', 'fast-1'])
  expect(contents).not.toContain('nowhere')
})

test('abandoning a backlog counts what is given up, forgets the lanes and ends the configuration at once', async () => {
  const { createPool } = await import('@roomlog/db')
  const pool = createPool({ url: databaseUrl, max: 1, applicationName: 'test' })
  try {
    const configuration = await createConfiguration('abandoned-bucket')
    const room = (await one.call('room.create', { loggingConfigurationIdentifiers: [configuration.arn] })).data
    const message = { roomIdentifier: room.arn, sender: { userId: 'ann' }, content: 'hi' }
    await one.call('chat.sendMessages', { messages: Array.from({ length: 5 }, () => message) })
    const version = 'select id from destination_version where logging_configuration_id = $1'
    const versionId = DestinationVersionId.parse((await pool.query(version, [configuration.id])).rows[0].id)
    const journal = await createPostgresJournal({ pool })
    const partition = partitionOf(RoomId.parse(room.id), journal.partitions)
    await asWriter(
      journal,
      { partition, token: toLeaseToken(randomUUID()) },
      {
        lanes: [heldLane(versionId, 'AccessDenied: fix the policy')],
      },
    )
    const statusOf = async () => {
      const { loggingConfigurations } = (await one.call('delivery.status')).data
      return loggingConfigurations.find(
        (it: { loggingConfigurationArn: string }) => it.loggingConfigurationArn === configuration.arn,
      )
    }
    expect(await statusOf()).toMatchObject({ state: 'held', lastError: 'AccessDenied: fix the policy' })
    const { backlogRecords } = await statusOf()
    expect(backlogRecords).toBe(5)

    await one.call('room.update', { identifier: room.arn, loggingConfigurationIdentifiers: [] })
    const abandon = { identifier: configuration.arn, abandonBacklog: true }
    expect((await two.call('loggingConfiguration.delete', abandon)).status).toBe(200)
    expect((await one.call('loggingConfiguration.get', { identifier: configuration.arn })).status).toBe(404)
    expect(await statusOf()).toBeUndefined()
    expect(await journal.totals([versionId])).toMatchObject([{ givenUp: 5 }])
    expect(await journal.troubles([versionId])).toEqual([])
    const marked = 'select abandoned_at is not null as marked from destination_version where id = $1'
    expect((await pool.query(marked, [versionId])).rows).toEqual([{ marked: true }])
  } finally {
    await pool.end()
  }
})
