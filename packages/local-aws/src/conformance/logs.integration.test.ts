import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteResourcePolicyCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  DescribeResourcePoliciesCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  GetLogEventsCommand,
  type InputLogEvent,
  PutLogEventsCommand,
  PutResourcePolicyCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { conformanceEndpoint, refusal, uniqueName } from './endpoint.contract.ts'

const endpoint = conformanceEndpoint()
const logGroupName = `/${uniqueName('logs')}`
const HOUR = 3600 * 1000
const DAY = 24 * HOUR
let logs: CloudWatchLogsClient

beforeAll(async () => {
  logs = new CloudWatchLogsClient(endpoint.clientOptions())
  await logs.send(new CreateLogGroupCommand({ logGroupName }))
})

afterAll(async () => {
  await logs.send(new DeleteLogGroupCommand({ logGroupName }))
  logs.destroy()
})

describe('groups and streams', () => {
  test('a group is made once, and never by a write', async () => {
    expect((await refusal(logs.send(new CreateLogGroupCommand({ logGroupName })))).name).toBe(
      'ResourceAlreadyExistsException',
    )
    const none = uniqueName('none')
    const at = { logGroupName: none, logStreamName: 's' }
    expect(await refusal(logs.send(new CreateLogStreamCommand(at)))).toEqual({
      name: 'ResourceNotFoundException',
      status: 400,
    })
    const write = new PutLogEventsCommand({ ...at, logEvents: [{ timestamp: Date.now(), message: 'x' }] })
    expect((await refusal(logs.send(write))).name).toBe('ResourceNotFoundException')
    const found = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: none }))
    expect(found.logGroups).toEqual([])
  })

  test('a stream is made once, and never by a write', async () => {
    const at = { logGroupName, logStreamName: await stream('made-once') }
    expect((await refusal(logs.send(new CreateLogStreamCommand(at)))).name).toBe('ResourceAlreadyExistsException')
    expect((await refusal(put('no-such-stream', [event(0)]))).name).toBe('ResourceNotFoundException')
  })

  test('names have rules', async () => {
    const wrong = [
      new CreateLogGroupCommand({ logGroupName: 'a b' }),
      new CreateLogGroupCommand({ logGroupName: 'g'.repeat(513) }),
    ]
    for (const command of wrong) expect((await refusal(logs.send(command))).name).toBe('InvalidParameterException')
    for (const logStreamName of ['a:b', 'a*', 's'.repeat(513)]) {
      const refused = await refusal(logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName })))
      expect(refused.name).toBe('InvalidParameterException')
    }
    await stream(`long ${'s'.repeat(507)}`)
    await stream('a/b..%2F')
  })

  test('groups are described by prefix, with their retention', async () => {
    await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 30 }))
    const found = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }))
    expect(found.logGroups).toMatchObject([{ logGroupName, retentionInDays: 30 }])
    expect(found.logGroups?.[0]?.arn).toMatch(/^arn:aws[^:]*:logs:/)
    const refused = await refusal(logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 2 })))
    expect(refused.name).toBe('InvalidParameterException')
    expect((await refusal(logs.send(new DescribeLogGroupsCommand({ limit: 51 })))).name).toBe(
      'InvalidParameterException',
    )
  })

  test('a group of class INFREQUENT_ACCESS takes events and says its class, but cannot be read by calls', async () => {
    const at = { logGroupName: `${logGroupName}-rare`, logStreamName: 's' }
    await logs.send(new CreateLogGroupCommand({ logGroupName: at.logGroupName, logGroupClass: 'INFREQUENT_ACCESS' }))
    await logs.send(new CreateLogStreamCommand(at))
    await logs.send(new PutLogEventsCommand({ ...at, logEvents: [{ timestamp: Date.now(), message: 'x' }] }))
    const found = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: at.logGroupName }))
    expect(found.logGroups?.map((group) => group.logGroupClass)).toEqual(['INFREQUENT_ACCESS'])
    const unread = { name: 'InvalidOperationException', status: 400 }
    expect(await refusal(logs.send(new FilterLogEventsCommand({ logGroupName: at.logGroupName })))).toEqual(unread)
    await logs.send(new DeleteLogGroupCommand({ logGroupName: at.logGroupName }))
  })

  test('streams are described in pages, by name', async () => {
    const names = await Promise.all(['page-1', 'page-2', 'page-3'].map(stream))
    const seen: (string | undefined)[] = []
    let nextToken: string | undefined
    do {
      const page = await logs.send(
        new DescribeLogStreamsCommand({ logGroupName, logStreamNamePrefix: 'page-', limit: 2, nextToken }),
      )
      seen.push(...(page.logStreams ?? []).map(({ logStreamName }) => logStreamName))
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    expect(seen).toEqual(names)
  })
})

describe('writing', () => {
  test('what was put is what is read, in order, with the time of its arrival', async () => {
    const name = await stream('written')
    const events = [event(-2000, 'one'), event(-1000, 'two "\u00fc\u{1f600}\n'), event(-1000, 'three')]
    expect((await put(name, events)).rejectedLogEventsInfo).toBeUndefined()
    const found = await eventually(
      () => filter({ logStreamNames: [name] }),
      (all) => all.length === 3,
    )
    expect(found.map(({ timestamp, message }) => ({ timestamp, message }))).toEqual(events)
    for (const { ingestionTime, logStreamName } of found) {
      expect(Math.abs(Date.now() - Number(ingestionTime))).toBeLessThan(60_000)
      expect(logStreamName).toBe(name)
    }
  })

  test('a batch holds 10,000 events and no more', async () => {
    const name = await stream('count')
    const events = Array.from({ length: 10_001 }, (_, index) => event(-20_000 + index, 'x'))
    expect((await refusal(put(name, events))).name).toBe('InvalidParameterException')
    await put(name, events.slice(1))
    expect((await refusal(put(name, []))).name).toBe('InvalidParameterException')
  })

  test('a batch holds 1,048,576 bytes, with 26 for each event, and no more', async () => {
    const name = await stream('bytes')
    // Two bytes a character: bytes count, not characters.
    const half = '\u00fc'.repeat((1_048_576 / 2 - 26) / 2)
    await put(name, [event(-1000, half), event(-1000, half)])
    expect((await refusal(put(name, [event(-1000, half), event(-1000, `${half}x`)]))).name).toBe(
      'InvalidParameterException',
    )
  })

  test('a message has 1 to 1,048,550 bytes', async () => {
    const name = await stream('message')
    await put(name, [event(-1000, 'm'.repeat(1_048_550))])
    expect((await refusal(put(name, [event(-1000, 'm'.repeat(1_048_551))]))).name).toBe('InvalidParameterException')
    expect((await refusal(put(name, [event(-1000, '')]))).name).toBe('InvalidParameterException')
  })

  test('a batch is in chronological order', async () => {
    const name = await stream('order')
    expect((await refusal(put(name, [event(-1000), event(-1001)]))).name).toBe('InvalidParameterException')
    await put(name, [event(-1000)])
    // Another batch may be older.
    await put(name, [event(-5000)])
  })

  test('a batch spans at most 24 hours', async () => {
    const name = await stream('span')
    const now = Date.now()
    const at = (timestamp: number) => ({ timestamp, message: 'x' })
    expect((await refusal(put(name, [at(now - DAY - 1), at(now)]))).name).toBe('InvalidParameterException')
    await put(name, [at(now - DAY), at(now)])
  })

  test('events too old or too new are named, the rest is taken', async () => {
    const name = await stream('rejected')
    const answer = await put(name, [
      event(-15 * DAY, 'too old'),
      event(-14 * DAY - HOUR, 'too old'),
      event(-HOUR, 'right'),
      event(0, 'right'),
      event(2 * HOUR + 60_000, 'too new'),
    ])
    expect(answer.rejectedLogEventsInfo).toMatchObject({ tooOldLogEventEndIndex: 2, tooNewLogEventStartIndex: 4 })
    const found = await eventually(
      () => filter({ logStreamNames: [name] }),
      (all) => all.length >= 2,
    )
    expect(found.map(({ message }) => message)).toEqual(['right', 'right'])
  })

  test('events older than the retention are named as expired', async () => {
    const short = `/${uniqueName('retention')}`
    await logs.send(new CreateLogGroupCommand({ logGroupName: short }))
    await logs.send(new PutRetentionPolicyCommand({ logGroupName: short, retentionInDays: 1 }))
    await logs.send(new CreateLogStreamCommand({ logGroupName: short, logStreamName: 's' }))
    const logEvents = [event(-2 * DAY, 'expired'), event(-HOUR, 'right')]
    const write = new PutLogEventsCommand({ logGroupName: short, logStreamName: 's', logEvents })
    expect((await logs.send(write)).rejectedLogEventsInfo).toMatchObject({ expiredLogEventEndIndex: 1 })
    await logs.send(new DeleteLogGroupCommand({ logGroupName: short }))
  })

  test('any sequence token is taken', async () => {
    const name = await stream('token')
    const write = { logGroupName, logStreamName: name, logEvents: [event(0)], sequenceToken: 'anything' }
    await logs.send(new PutLogEventsCommand(write))
    await Promise.all(Array.from({ length: 5 }, () => put(name, [event(0)])))
  })
})

describe('reading', () => {
  test('streams are merged by time, page by page, within a time range', async () => {
    const names = await Promise.all(['merge-a', 'merge-b'].map(stream))
    const base = Date.now() - 60_000
    for (const [at, name] of names.entries()) {
      const logEvents = Array.from({ length: 10 }, (_, i) => ({
        timestamp: base + i * 2 + at,
        message: `${i * 2 + at}`,
      }))
      await put(name, logEvents)
    }
    const all = await eventually(
      () => filter({ logStreamNamePrefix: 'merge-', limit: 3 }),
      (found) => found.length === 20,
    )
    expect(all.map(({ message }) => Number(message))).toEqual(Array.from({ length: 20 }, (_, i) => i))
    const range = await filter({ logStreamNamePrefix: 'merge-', startTime: base + 5, endTime: base + 9 })
    expect(range.map(({ message }) => Number(message))).toEqual([5, 6, 7, 8, 9])
    expect(new Set(all.map(({ eventId }) => eventId)).size).toBe(20)
  })

  test('a page holds 10,000 events and 1 MB at most', async () => {
    const name = await stream('pages')
    const message = 'm'.repeat(100_000)
    for (let batch = 0; batch < 3; batch += 1) {
      await put(
        name,
        Array.from({ length: 10 }, (_, index) => event(-9000 + batch * 10 + index, message)),
      )
    }
    const first = await logs.send(new FilterLogEventsCommand({ logGroupName, logStreamNames: [name] }))
    const bytes = (first.events ?? []).reduce((sum, one) => sum + (one.message?.length ?? 0), 0)
    expect(bytes).toBeLessThanOrEqual(1_048_576)
    await eventually(
      () => filter({ logStreamNames: [name] }),
      (all) => all.length === 30,
    )
    expect((await refusal(filter({ limit: 10_001 }))).name).toBe('InvalidParameterException')
  })

  test('names and prefix of streams exclude each other, as does a stream that is not there', async () => {
    const both = { logStreamNames: ['a'], logStreamNamePrefix: 'a' }
    expect((await refusal(filter(both))).name).toBe('InvalidParameterException')
    expect((await refusal(filter({ logStreamNames: ['not-there'] }))).name).toBe('ResourceNotFoundException')
    const many = { logStreamNames: Array.from({ length: 101 }, (_, index) => `s${index}`) }
    expect((await refusal(filter(many))).name).toBe('InvalidParameterException')
  })

  test('one stream is read from its head, and token by token to its end', async () => {
    const logStreamName = await stream('head')
    await put(
      logStreamName,
      Array.from({ length: 5 }, (_, index) => event(-5000 + index, `${index}`)),
    )
    const get = (nextToken?: string) =>
      logs.send(new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true, limit: 2, nextToken }))
    await eventually(get, (page) => page.events?.length === 2)
    const seen: (string | undefined)[] = []
    let token: string | undefined
    while (true) {
      const page = await get(token)
      seen.push(...(page.events ?? []).map(({ message }) => message))
      if (page.nextForwardToken === token) break
      token = page.nextForwardToken
    }
    expect(seen).toEqual(['0', '1', '2', '3', '4'])
    const newest = await logs.send(new GetLogEventsCommand({ logGroupName, logStreamName, limit: 2 }))
    expect(newest.events?.map(({ message }) => message)).toEqual(['3', '4'])
  })
})

test('resource policies are kept', async () => {
  const policyName = uniqueName('policy')
  const policyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [] })
  await logs.send(new PutResourcePolicyCommand({ policyName, policyDocument }))
  const found = await logs.send(new DescribeResourcePoliciesCommand({}))
  expect(found.resourcePolicies?.map((policy) => policy.policyName)).toContain(policyName)
  await logs.send(new DeleteResourcePolicyCommand({ policyName }))
  const long = JSON.stringify({ text: 'x'.repeat(5120) })
  const refused = await refusal(logs.send(new PutResourcePolicyCommand({ policyName, policyDocument: long })))
  expect(refused.name).toBe('InvalidParameterException')
})

async function stream(logStreamName: string): Promise<string> {
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }))
  return logStreamName
}

function event(offsetMs: number, message = 'x'): InputLogEvent {
  return { timestamp: STARTED + offsetMs, message }
}

const STARTED = Date.now()

function put(logStreamName: string, logEvents: InputLogEvent[]) {
  return logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }))
}

async function filter(input: Omit<FilterLogEventsCommandInput, 'logGroupName'>) {
  const events = []
  let nextToken: string | undefined
  do {
    const page = await logs.send(new FilterLogEventsCommand({ logGroupName, ...input, nextToken }))
    events.push(...(page.events ?? []))
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return events
}

/** Reads lag behind writes on AWS. */
async function eventually<T>(read: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 30_000
  while (true) {
    const value = await read()
    if (done(value)) return value
    if (Date.now() > deadline) throw new Error(`Still not there: ${JSON.stringify(value).slice(0, 500)}`)
  }
}
