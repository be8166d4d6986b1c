import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { CloudWatchLogsClient, type CloudWatchLogsClientConfig } from '@aws-sdk/client-cloudwatch-logs'
import { S3Client } from '@aws-sdk/client-s3'
import { afterEach, expect, test } from 'vitest'
import { sampleDestination, sampleRecords } from '../test/sample-records.ts'
import { createCloudWatchLogsSink } from './cloudwatch-logs/sink.ts'
import { createS3Sink } from './s3/sink.ts'

type Asked = { readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: string }
type Answer = {
  readonly status: number
  readonly body?: string
  readonly headers?: Record<string, string>
  readonly breaksOff?: true
}

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

const BOOKKEEPING = ['amz-sdk-invocation-id', 'amz-sdk-request', 'authorization', 'x-amz-date', 'content-length']
const told = (headers: IncomingHttpHeaders | undefined) =>
  Object.entries(headers ?? {}).filter(([name]) => !BOOKKEEPING.includes(name) && name !== 'x-amz-content-sha256')

const namesOf = (headers: IncomingHttpHeaders | undefined) =>
  told(headers)
    .map(([name]) => name)
    .sort()

test('later calls are sent as the SDK sent the first, signed, but for its bookkeeping', async () => {
  const { endpoint, asked } = await serve()
  const { sink } = logsSink(endpoint)
  for (const position of [1, 2]) {
    expect(await sink.write(sampleRecords(2, { position }))).toEqual({ status: 'delivered' })
  }
  const [first, second] = asked
  expect(first?.headers['amz-sdk-request']).toBeDefined()
  expect(second?.headers['amz-sdk-request']).toBeUndefined()
  expect(told(second?.headers)).toEqual(told(first?.headers))
  expect(second?.body).not.toBe(first?.body)
  for (const { headers, body } of asked) {
    expect(headers['content-length']).toBe(String(Buffer.byteLength(body)))
    expect(headers.authorization).toMatch(/Credential=AKIAFIRST\/\d{8}\/us-west-2\/logs\/aws4_request/)
  }
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
  expect(third?.headers['amz-sdk-request']).toBeUndefined()
  expect(third?.headers['x-amz-meta-roomlog-first']).toMatch(/^50:/)
  expect(third?.url).toMatch(/^\/bucket\/AWSLogs\/.*0000000000000032[0-9a-f]{16}\.log\.gz\?x-id=PutObject$/)
  expect(third?.headers['if-none-match']).toBe('*')
  expect(namesOf(third?.headers)).toEqual(namesOf(first?.headers))
  expect(third?.headers['content-md5']).toBeDefined()
  expect(third?.headers['content-md5']).not.toBe(first?.headers['content-md5'])
})

test('a refusal is read by the SDK, and an answer that rejects some by its proof', async () => {
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
  const HOUR_MS = 3_600_000
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

test('a client that sends headers of its own goes the SDK’s way with every call', async () => {
  const { endpoint, asked } = await serve()
  const { client, sink } = logsSink(endpoint)
  let call = 0
  client.middlewareStack.add(
    (next) => (args) => {
      call++
      if (typeof args.request === 'object' && args.request !== null && 'headers' in args.request) {
        Object.assign(args.request.headers ?? {}, { 'x-trace': String(call) })
      }
      return next(args)
    },
    { step: 'build', name: 'trace' },
  )
  for (const position of [1, 2, 3]) await sink.write(sampleRecords(1, { position }))
  expect(asked.map(({ headers }) => headers['x-trace'])).toEqual(['1', '2', '3'])
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
