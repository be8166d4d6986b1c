import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { CreateDeliveryStreamCommand, PutRecordBatchCommand } from '@aws-sdk/client-firehose'
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { refusal } from './conformance/endpoint.contract.ts'
import { type LocalAws, startLocalAws } from './index.ts'
import { cleanUp, until } from './started.contract.ts'

const clean = cleanUp()

test('throttling, denial, a missing target and any error come out under their own names', async () => {
  const { aws, put, write, send } = await ready()
  const names = async () => [await refusal(put('a')), await refusal(write('x')), await refusal(send(['x']))]
  const strike = async (fault: Parameters<LocalAws['faults']['add']>[0]) => {
    aws.faults.add(fault)
    const found = await names()
    aws.faults.clear()
    return found.map(({ name, status }) => `${name} ${status}`)
  }
  const throttled = 'ThrottlingException 400'
  expect(await strike({ effect: 'throttle' })).toEqual(['SlowDown 503', throttled, throttled])
  const denied = 'AccessDeniedException 400'
  expect(await strike({ effect: 'accessDenied' })).toEqual(['AccessDenied 403', denied, denied])
  const missing = 'ResourceNotFoundException 400'
  expect(await strike({ effect: 'missing' })).toEqual(['NoSuchBucket 404', missing, missing])
  const error = await strike({ effect: 'error', status: 500, name: 'InternalError' })
  expect(error).toEqual(Array(3).fill('InternalError 500'))
  const html = await strike({ effect: 'html502' })
  expect(html.every((one) => one.endsWith(' 502'))).toBe(true)
  await put('a')
  aws.faults.add({ effect: 'falseSuccess', body: '<html>' })
  expect(await refusal(send(['x']))).toMatchObject({ status: 200 })
})

test('a fault strikes the calls it names, as often as it says', async () => {
  const { aws, put } = await ready()
  aws.faults.add({
    effect: 'throttle',
    service: 's3',
    operation: 'PutObject',
    target: 'bucket/hit*',
    skip: 1,
    count: 2,
  })
  const outcomes: string[] = []
  for (const key of ['other', 'hit/1', 'hit/2', 'hit/3', 'hit/4']) {
    outcomes.push(
      await put(key).then(
        () => 'put',
        (error: Error) => error.name,
      ),
    )
  }
  expect(outcomes).toEqual(['put', 'put', 'SlowDown', 'SlowDown', 'put'])
  expect(aws.faults.list()).toMatchObject([{ struck: 2 }])
})

test('an answer is lost after the effect', async () => {
  const { aws, s3, put, write, events } = await ready()
  aws.faults.add({ effect: 'answerLost', count: 2 })
  expect((await refusal(put('lost'))).status).toBeUndefined()
  expect((await refusal(write('lost'))).status).toBeUndefined()
  await s3.send(new HeadObjectCommand({ Bucket: 'bucket', Key: 'lost' }))
  expect(await events()).toEqual(['lost'])
})

test('a connection is cut before the effect', async () => {
  const { aws, s3, put } = await ready()
  aws.faults.add({ effect: 'resetBefore', count: 1 })
  expect((await refusal(put('cut'))).status).toBeUndefined()
  expect((await refusal(s3.send(new HeadObjectCommand({ Bucket: 'bucket', Key: 'cut' })))).status).toBe(404)
})

test('a call that hangs is open until its client leaves, and has no effect', async () => {
  const { aws, s3, put, calls } = await ready()
  aws.faults.add({ effect: 'hang', count: 1 })
  const leave = new AbortController()
  const hanging = refusal(put('hung', leave.signal))
  await until(async () => (await calls('?outcome=open')).length === 1)
  leave.abort()
  await hanging
  await until(async () => (await calls('?service=s3&outcome=vanished')).length === 1)
  expect(await stats(aws.url)).toMatchObject({ s3: { open: 0, vanished: 1 } })
  expect((await refusal(s3.send(new HeadObjectCommand({ Bucket: 'bucket', Key: 'hung' })))).status).toBe(404)
})

test('an effect lands after its client has gone', async () => {
  const { aws, s3, put, write, events, calls } = await ready()
  aws.faults.add({ effect: 'late', ms: 300, count: 2 })
  const leave = new AbortController()
  const gone = [refusal(put('late', leave.signal)), refusal(write('late', leave.signal))]
  await until(async () => (await calls('?outcome=open')).length === 2)
  expect(await events()).toEqual([])
  leave.abort()
  await Promise.all(gone)
  expect(await events()).toEqual([])
  await until(async () => (await events()).length === 1)
  await until(() =>
    s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'late' })).then(
      () => true,
      () => false,
    ),
  )
  const [record] = await calls('?service=logs&outcome=vanished')
  expect(record?.ranMs).toBeGreaterThanOrEqual((record?.endedMs ?? 0) + 290)
})

test('reads of log events lag', async () => {
  const { aws, write, events } = await ready()
  const id = aws.faults.add({ effect: 'readLag', ms: 400 })
  await write('young')
  expect(await events()).toEqual([])
  await until(async () => (await events()).length === 1)
  aws.faults.remove(id)
  await write('younger')
  expect(await events()).toEqual(['young', 'younger'])
})

test('a page of log events is empty, though there is more', async () => {
  const { aws, logs, write } = await ready()
  await write('there')
  aws.faults.add({ effect: 'emptyPage', count: 1 })
  const filter = (nextToken?: string) => logs.send(new FilterLogEventsCommand({ logGroupName: 'group', nextToken }))
  const first = await filter()
  expect(first.events).toEqual([])
  expect((await filter(first.nextToken)).events).toMatchObject([{ message: 'there' }])
})

test('some records of a Firehose batch fail, in their places', async () => {
  const { aws, s3, send } = await ready()
  aws.faults.add({ effect: 'partial', indexes: [1], count: 1 })
  const answer = await send(['a\n', 'b\n', 'c\n'])
  expect(answer.FailedPutCount).toBe(1)
  expect(answer.RequestResponses?.map(({ ErrorCode }) => ErrorCode)).toEqual([
    undefined,
    'ServiceUnavailableException',
    undefined,
  ])
  await aws.flush()
  expect(await objectsUnder(s3, 'bucket')).toBe('a\nc\n')
  aws.faults.add({ effect: 'partial', fraction: 1 })
  expect((await send(['d\n'])).FailedPutCount).toBe(1)
})

test('a store that ignores If-None-Match overwrites', async () => {
  const { aws, s3, put } = await ready()
  await put('twice')
  expect((await refusal(put('twice'))).status).toBe(412)
  aws.faults.add({ effect: 'ignoreIfNoneMatch', target: 'bucket' })
  await put('twice')
  await s3.send(new HeadObjectCommand({ Bucket: 'bucket', Key: 'twice' }))
})

test('a slow answer follows an effect that was at once, and the call is known by its caller and its fault', async () => {
  const { aws, put, calls } = await ready()
  const id = aws.faults.add({ effect: 'slowAnswer', ms: 3_600_000, operation: 'PutObject', count: 1 })
  const leaving = new AbortController()
  const left = refusal(put('slow', leaving.signal))
  const open = `?outcome=open&accessKeyId=test&fault=${id}`
  await until(async () => (await calls(open))[0]?.ranMs !== undefined)
  leaving.abort()
  await left
  await until(async () => (await calls(`?outcome=vanished&fault=${id}`)).length === 1)
  expect(await calls(open)).toEqual([])
  expect(await calls('?accessKeyId=other')).toEqual([])
  expect((await refusal(put('slow'))).status).toBe(412)
})

test('faults are added, listed and cleared over HTTP', async () => {
  const { aws, put } = await ready()
  const faults = `${aws.url}/_local/faults`
  const post = (body: unknown) => fetch(faults, { method: 'POST', body: JSON.stringify(body) })
  const added = await post([
    { effect: 'throttle', id: 'mine' },
    { effect: 'latency', ms: 1 },
  ])
  expect([added.status, await added.json()]).toEqual([201, { ids: ['mine', 'fault-2'] }])
  expect((await refusal(put('a'))).name).toBe('SlowDown')
  expect(await (await fetch(faults)).json()).toMatchObject({ faults: [{ id: 'mine', struck: 1 }, { struck: 1 }] })
  expect((await fetch(`${faults}?id=mine`, { method: 'DELETE' })).status).toBe(204)
  await put('a')
  expect((await fetch(faults, { method: 'DELETE' })).status).toBe(204)
  expect(await (await fetch(faults)).json()).toEqual({ faults: [] })
  expect((await post({ effect: 'explode' })).status).toBe(400)
  expect(await (await fetch(`${aws.url}/_local/health`)).json()).toEqual({ status: 'ok' })
})

async function ready() {
  const aws = await startLocalAws({ dataDir: await clean.folder(), fsync: false })
  clean.atEnd(() => aws.close())
  const { s3, logs, firehose } = clean.clients(aws.url)
  const at = { logGroupName: 'group', logStreamName: 'stream' }
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }))
  await logs.send(new CreateLogGroupCommand(at))
  await logs.send(new CreateLogStreamCommand(at))
  await firehose.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: 'stream',
      ExtendedS3DestinationConfiguration: { BucketARN: 'arn:aws:s3:::bucket', RoleARN: 'arn:aws:iam::1:role/r' },
    }),
  )
  return {
    aws,
    s3,
    logs,
    put: (Key: string, abortSignal?: AbortSignal) =>
      s3.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body: Key, IfNoneMatch: '*' }), {
        ...(abortSignal && { abortSignal }),
      }),
    write: (message: string, abortSignal?: AbortSignal) =>
      logs.send(new PutLogEventsCommand({ ...at, logEvents: [{ timestamp: Date.now(), message }] }), {
        ...(abortSignal && { abortSignal }),
      }),
    send: (records: readonly string[]) =>
      firehose.send(
        new PutRecordBatchCommand({
          DeliveryStreamName: 'stream',
          Records: records.map((record) => ({ Data: Buffer.from(record) })),
        }),
      ),
    events: async () => {
      const page = await logs.send(new FilterLogEventsCommand({ logGroupName: 'group' }))
      return (page.events ?? []).map(({ message }) => message)
    },
    calls: async (query: string): Promise<{ ranMs?: number; endedMs?: number }[]> => {
      const answer: { calls: { ranMs?: number; endedMs?: number }[] } = JSON.parse(
        await (await fetch(`${aws.url}/_local/calls${query}`)).text(),
      )
      return answer.calls
    },
  }
}

async function stats(url: string): Promise<unknown> {
  return (await fetch(`${url}/_local/stats`)).json()
}

async function objectsUnder(s3: ReturnType<typeof clean.clients>['s3'], Bucket: string): Promise<string> {
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }))
  const texts = (Contents ?? []).map(async ({ Key }) => {
    return (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()
  })
  return (await Promise.all(texts)).join('')
}
