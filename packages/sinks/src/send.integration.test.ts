import { hash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import {
  CloudWatchLogsClient,
  type CloudWatchLogsClientConfig,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { logStreamName, RoomId } from '@roomlog/domain'
import { HttpResponse } from '@smithy/core/protocols'
import type { HttpRequest } from '@smithy/types'
import { afterEach, describe, expect, test } from 'vitest'
import { createSink } from '../test/create-sink.ts'
import { createDestination } from '../test/harness.ts'
import { startLocalService } from '../test/local-service.ts'
import { sampleDestination, sampleRecords } from '../test/sample-records.ts'
import { createCloudWatchLogsSink } from './cloudwatch-logs/sink.ts'
import { createFirehoseSink } from './firehose/sink.ts'
import { lineOf, messageOf } from './line.ts'
import { createS3Sink } from './s3/sink.ts'

type Asked = { readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: string }
type Answer = {
  readonly status: number
  readonly body?: string
  readonly headers?: Record<string, string>
  readonly breaksOff?: true
}

const HOUR_MS = 3_600_000
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** A server that answers as told, `{}` at the end of the script, and keeps what it was asked. */
async function serve(...script: readonly Answer[]) {
  const answers = [...script]
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    asked.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString() })
    const { status, body = '{}', headers = {}, breaksOff } = answers.shift() ?? { status: 200 }
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': 'id', ...headers })
    if (breaksOff) response.write(body.slice(0, 1), () => response.destroy())
    else response.end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(
    () => server.close(),
    () => server.closeAllConnections(),
  )
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { endpoint: `http://127.0.0.1:${address.port}`, asked }
}

function logsSink(endpoint: string, config: CloudWatchLogsClientConfig = {}) {
  const credentials = { accessKeyId: 'AKIAFIRST', secretAccessKey: 'secret' }
  const client = new CloudWatchLogsClient({ region: 'us-west-2', maxAttempts: 1, endpoint, credentials, ...config })
  ends.push(() => client.destroy())
  return {
    client,
    sink: createCloudWatchLogsSink({ client, destination: sampleDestination('cloudWatchLogs', 'group') }),
  }
}

type Sent = {
  readonly url: string
  readonly scope: string
  readonly headers: Record<string, string>
  readonly body: unknown
}

/** What the SDK says of itself, what it signs over what only it says, and sums that a sink chooses by an option of its own. */
const NOT_COMPARED = /^(amz-sdk-.*|authorization|content-length|(x-amz-)?user-agent|x-amz-(content-sha256|date))$/

/** A client's own request handler, which sends nothing. */
function createRecorder(answer: { readonly headers: Record<string, string>; readonly body: string }) {
  const sent: Sent[] = []
  const requestHandler = {
    async handle(request: HttpRequest) {
      const { protocol, hostname, port, path, query = {}, headers, body } = request
      const search = JSON.stringify(query)
      sent.push({
        url: `${request.method} ${protocol}//${hostname}:${port ?? ''}${path}?${search}`,
        scope: /Credential=\S+/.exec(headers.authorization ?? '')?.[0] ?? '',
        headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_COMPARED.test(name))),
        body: path.endsWith('.gz') ? 'an object' : JSON.parse(Buffer.from(body).toString()),
      })
      const response = { statusCode: 200, headers: answer.headers, body: Readable.from([Buffer.from(answer.body)]) }
      return { response: new HttpResponse(response) }
    },
  }
  return { sent, requestHandler }
}

const WAYS: readonly (readonly [what: string, config: object])[] = [
  ['a Region', {}],
  ['FIPS', { useFipsEndpoint: true }],
  ['dual stack', { useDualstackEndpoint: true }],
  ['both', { useFipsEndpoint: true, useDualstackEndpoint: true }],
  ['an endpoint of its own', { endpoint: 'http://127.0.0.1:9000' }],
  ['one with a path', { endpoint: 'https://gateway.example.com/aws/' }],
  ['buckets in the path', { forcePathStyle: true }],
  ['buckets in the path of an endpoint with a path', { forcePathStyle: true, endpoint: 'http://store.example/base' }],
  ['acceleration', { useAccelerateEndpoint: true }],
  ['a token', { credentials: { accessKeyId: 'AKIAOTHER', secretAccessKey: 's', sessionToken: 'token' } }],
  ['China', { region: 'cn-north-1' }],
]

describe.each(WAYS)('a client with %s', (_, config) => {
  const records = sampleRecords(2)
  const options = {
    ...{ region: 'us-west-2', maxAttempts: 1, credentials: { accessKeyId: 'AKIAFIRST', secretAccessKey: 'secret' } },
    ...config,
  }

  test('has an object sent where and as the SDK would send it', async () => {
    const { sent, requestHandler } = createRecorder({ headers: { etag: '"e"' }, body: '' })
    const client = new S3Client({ ...options, requestHandler, requestChecksumCalculation: 'WHEN_REQUIRED' })
    // That the second put is taken too tells the sink that the store is of no use, which does not matter here.
    await createS3Sink({ client, destination: sampleDestination('s3', 'a-bucket'), checksum: 'none' }).write(records)
    const [ours] = sent
    await client.send(
      new PutObjectCommand({
        Bucket: 'a-bucket',
        Key: /AWSLogs.*gz/.exec(ours?.url ?? '')?.[0],
        Body: Buffer.from('x'),
        IfNoneMatch: '*',
        ACL: 'bucket-owner-full-control',
        ContentType: 'application/gzip',
        Metadata: metadataIn(ours?.headers ?? {}),
      }),
    )
    expect(ours).toEqual(sent.at(-1))
  })

  test('has events and batches sent where and as the SDK would send them', async () => {
    const logs = createRecorder({ headers: { 'x-amzn-requestid': 'id' }, body: '{}' })
    const logsClient = new CloudWatchLogsClient({ ...options, requestHandler: logs.requestHandler })
    await createCloudWatchLogsSink({ client: logsClient, destination: sampleDestination('cloudWatchLogs', 'g') }).write(
      records,
    )
    const events = records.map((record) => ({ timestamp: record.timeMs, message: messageOf(record) }))
    const names = { logGroupName: 'g', logStreamName: logStreamName(RoomId.parse('ROOM00000001')) }
    await logsClient.send(new PutLogEventsCommand({ ...names, logEvents: events }))
    expect(logs.sent[0]).toEqual(logs.sent[1])

    const entries = records.map(() => ({ RecordId: 'r' }))
    const body = JSON.stringify({ FailedPutCount: 0, RequestResponses: entries })
    const firehose = createRecorder({ headers: {}, body })
    const firehoseClient = new FirehoseClient({ ...options, requestHandler: firehose.requestHandler })
    await createFirehoseSink({ client: firehoseClient, destination: sampleDestination('firehose', 's') }).write(records)
    await firehoseClient.send(
      new PutRecordBatchCommand({
        DeliveryStreamName: 's',
        Records: records.map((record) => ({ Data: lineOf(record) })),
      }),
    )
    expect(firehose.sent[0]).toEqual(firehose.sent[1])
  })
})

const metadataIn = (headers: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const key = /^x-amz-meta-(.*)/.exec(name)?.[1]
      return key === undefined ? [] : [[key, value]]
    }),
  )

test.each(['s3', 'cloudWatchLogs', 'firehose'] as const)(
  '%s: a server that checks signatures takes them',
  async (kind) => {
    const service = await startLocalService({ credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
    ends.push(() => service.close())
    await createDestination(service, kind, 'chat-logs')
    const sink = createSink(kind, service.clients)
    await sink.write(sampleRecords(1))
    expect(await sink.write(sampleRecords(1, { position: 50 }))).toEqual({ status: 'delivered' })
  },
)

test('a sink adds nothing to the middleware of its caller’s client', async () => {
  const { endpoint } = await serve()
  const { client, sink } = logsSink(endpoint)
  const before = new CloudWatchLogsClient({ region: 'us-west-2' }).middlewareStack.identify()
  await sink.write(sampleRecords(1))
  await sink.check()
  expect(client.middlewareStack.identify()).toEqual(before)
})

// Memory of bodies was used again after an answer, which a server may give before it has read the whole of one.
test('a body stays what it was, also after the answer', async () => {
  const kept: HttpRequest[] = []
  const answer = JSON.stringify({ FailedPutCount: 0, RequestResponses: [{ RecordId: 'r' }] })
  const requestHandler = {
    async handle(request: HttpRequest) {
      kept.push(request)
      const headers = { 'x-amzn-requestid': 'id', etag: '"e"' }
      const body = Readable.from(request.method === 'PUT' ? [] : [Buffer.from(answer)])
      return { response: new HttpResponse({ statusCode: 200, headers, body }) }
    },
  }
  const credentials = { accessKeyId: 'AKIAFIRST', secretAccessKey: 'secret' }
  const options = { region: 'us-west-2', maxAttempts: 1, credentials, requestHandler }
  const clients = {
    s3: new S3Client(options),
    logs: new CloudWatchLogsClient(options),
    firehose: new FirehoseClient(options),
    close() {},
  }
  for (const kind of ['s3', 'cloudWatchLogs', 'firehose'] as const) {
    const sink = createSink(kind, clients)
    for (const position of [1, 2, 3]) await sink.write(sampleRecords(1, { position }))
  }
  expect(kept.length).toBeGreaterThanOrEqual(9)
  for (const { body, headers } of kept) expect(hash('sha256', body)).toBe(headers['x-amz-content-sha256'])
})

test('what keeps a client from knowing its endpoint is asked again with the next call', async () => {
  const { endpoint, asked } = await serve()
  let failures = 1
  const { sink } = logsSink(endpoint, {
    endpoint: async () => {
      if (failures-- > 0) throw new Error('not known yet')
      const { hostname, port, protocol } = new URL(endpoint)
      return { hostname, port: Number(port), protocol, path: '/' }
    },
  })
  expect(await sink.write(sampleRecords(1))).toMatchObject({ status: 'unknown' })
  expect(await sink.write(sampleRecords(1))).toEqual({ status: 'delivered' })
  expect(asked).toHaveLength(1)
})

test('an object goes under its own key, with its own metadata', async () => {
  const taken = { status: 200, body: '', headers: { etag: '"e"' } }
  const { endpoint, asked } = await serve(
    taken,
    { status: 412, body: '<Error><Code>PreconditionFailed</Code></Error>' },
    taken,
  )
  const credentials = { accessKeyId: 'AKIAFIRST', secretAccessKey: 'secret' }
  const client = new S3Client({
    ...{ region: 'us-west-2', maxAttempts: 1, endpoint, credentials, forcePathStyle: true },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
  ends.push(() => client.destroy())
  const sink = createS3Sink({ client, destination: sampleDestination('s3', 'bucket') })
  for (const position of [1, 50]) {
    expect(await sink.write(sampleRecords(3, { position }))).toEqual({ status: 'delivered' })
  }
  // The first object is put twice, to see that the store refuses the second.
  const [first, , third] = asked
  expect(third?.headers['x-amz-meta-roomlog-first']).toMatch(/^50:/)
  expect(third?.url).toMatch(/^\/bucket\/AWSLogs\/.*0000000000000032[0-9a-f]{16}\.log\.gz\?x-id=PutObject$/)
  expect(third?.headers['if-none-match']).toBe('*')
  expect(Object.keys(third?.headers ?? {}).sort()).toEqual(Object.keys(first?.headers ?? {}).sort())
  expect(third?.headers['content-md5']).toBeDefined()
  expect(third?.headers['content-md5']).not.toBe(first?.headers['content-md5'])
})

test('a refusal is read by its name, and an answer that rejects some by its proof', async () => {
  const rejectedLogEventsInfo = { tooOldLogEventEndIndex: 1 }
  const { endpoint, asked } = await serve(
    { status: 200 },
    { status: 400, body: JSON.stringify({ __type: 'com.amazon#ThrottlingException', message: 'slowly' }) },
    { status: 200, body: JSON.stringify({ rejectedLogEventsInfo }) },
    { status: 200 },
  )
  const { sink } = logsSink(endpoint)
  const write = () => sink.write(sampleRecords(3))
  expect(await write()).toEqual({ status: 'delivered' })
  expect(await write()).toMatchObject({ status: 'retry', failure: { name: 'ThrottlingException', class: 'throttled' } })
  expect(await write()).toMatchObject({ status: 'partial', rejected: [{ index: 0 }] })
  expect(await write()).toEqual({ status: 'delivered' })
  // Each was sent once.
  expect(asked).toHaveLength(4)
})

test('credentials that were renewed sign the next call', async () => {
  const { endpoint, asked } = await serve()
  let drawn = 0
  const credentials = async () => {
    drawn++
    return {
      accessKeyId: `AKIA${drawn}`,
      secretAccessKey: 'secret',
      sessionToken: `token${drawn}`,
      expiration: new Date(0),
    }
  }
  const { sink } = logsSink(endpoint, { credentials })
  for (const position of [1, 2, 3]) await sink.write(sampleRecords(1, { position }))
  const keys = asked.map(({ headers }) => [
    /AKIA\d+/.exec(headers.authorization ?? '')?.[0],
    headers['x-amz-security-token'],
  ])
  expect(new Set(keys.map(String)).size).toBe(3)
  for (const [key, token] of keys) expect(token).toBe(`token${key?.slice(4)}`)
})

test('a clock that is wrong is told by the service, and put right in the next signature', async () => {
  const date = new Date(Date.now() + HOUR_MS).toUTCString()
  const skewed = { status: 400, body: JSON.stringify({ __type: 'RequestTimeTooSkewed' }), headers: { date } }
  const { endpoint, asked } = await serve({ status: 200 }, skewed, { status: 200 })
  const { sink } = logsSink(endpoint)
  await sink.write(sampleRecords(1))
  expect(await sink.write(sampleRecords(1))).toMatchObject({ status: 'retry', failure: { class: 'clock' } })
  await sink.write(sampleRecords(1))
  const [, wrong, right] = asked.map(({ headers }) => headers['x-amz-date'])
  expect(Number(String(right).slice(9, 13)) - Number(String(wrong).slice(9, 13))).not.toBe(0)
  expect(String(right).slice(0, 11)).toBe(new Date(date).toISOString().replaceAll(/[:-]/g, '').slice(0, 11))
})

test.each([
  ['the next signature has it', undefined, 1],
  ['unless the client is told to trust its own clock', true, 0],
])('the time that an answer tells is the client’s from then on: %s', async (_, disableClockSkewCorrection, hours) => {
  const date = new Date(Date.now() + HOUR_MS).toUTCString()
  const { endpoint } = await serve({ status: 200, headers: { date } })
  const { client, sink } = logsSink(endpoint, { ...(disableClockSkewCorrection && { disableClockSkewCorrection }) })
  await sink.write(sampleRecords(1))
  expect(Math.round(client.config.systemClockOffset / HOUR_MS)).toBe(hours)
})

test.each([
  ['a wrong clock', HOUR_MS, 'clock'],
  ['no permission', 0, 'access'],
])('a 403 of S3 that names nothing, with the time, is about %s', async (_, aheadMs, failureClass) => {
  const date = new Date(Date.now() + aheadMs).toUTCString()
  const { endpoint } = await serve({ status: 403, body: '', headers: { date } })
  const credentials = { accessKeyId: 'AKIAFIRST', secretAccessKey: 'secret' }
  const client = new S3Client({ region: 'us-west-2', maxAttempts: 1, endpoint, credentials, forcePathStyle: true })
  ends.push(() => client.destroy())
  const sink = createS3Sink({ client, destination: sampleDestination('s3', 'bucket') })
  expect(await sink.write(sampleRecords(1))).toMatchObject({ failure: { class: failureClass } })
})

test('an answer that breaks off leaves open whether the call was taken', async () => {
  const { endpoint } = await serve({ status: 200 }, { status: 200, breaksOff: true })
  const { sink } = logsSink(endpoint)
  await sink.write(sampleRecords(1))
  expect(await sink.write(sampleRecords(1))).toMatchObject({ status: 'unknown', failure: { name: 'ECONNRESET' } })
})

test('an answer that never ends is waited for until told to stop', async () => {
  const { endpoint } = await serve({ status: 200 }, { status: 200, headers: { 'content-length': '100' } })
  const { sink } = logsSink(endpoint)
  await sink.write(sampleRecords(1))
  const stop = new AbortController()
  const outcome = sink.write(sampleRecords(1), { signal: stop.signal })
  setTimeout(() => stop.abort(), 200)
  await expect(outcome).rejects.toThrow(/abort/i)
})
