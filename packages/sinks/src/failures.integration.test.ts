import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clients, createClients } from '../test/clients.ts'
import { createSink } from '../test/create-sink.ts'
import { sampleRecords } from '../test/sample-records.ts'
import {
  type Answer,
  cutShort,
  hang,
  hangUp,
  jsonError,
  reply,
  type ScriptedServer,
  startScriptedServer,
  xmlError,
} from '../test/scripted-server.ts'
import type { Sink } from './port.ts'

let server: ScriptedServer
let clients: Clients
/** Clients that no other test has taught the time. */
let strangers: Clients

beforeAll(async () => {
  server = await startScriptedServer()
  clients = createClients(server.url, { requestTimeoutMs: 300 })
  strangers = createClients(server.url)
})
afterAll(async () => {
  clients.close()
  strangers.close()
  await server.close()
})

const s3 = () => createSink('s3', clients)
const logs = () => createSink('cloudWatchLogs', clients)
const firehose = () => createSink('firehose', clients)

/** What S3 answers to a put that it has taken. */
const taken = reply(200, '', { etag: '"e"' })
const HTML_502 = reply(502, '<html>Bad Gateway</html>', { 'content-type': 'text/html' })
const records = sampleRecords(3)

type Row = readonly [what: string, answer: Answer, status: string, failureClass: string]

async function expectOutcome(sink: Sink, [, answer, status, failureClass]: Row): Promise<void> {
  server.answerWith(answer)
  expect(await sink.write(records)).toMatchObject({ status, failure: { class: failureClass } })
  expect(server.requests()).toHaveLength(1)
}

const ANY_SERVICE: readonly Row[] = [
  ['a 502 of a proxy', HTML_502, 'unknown', 'transient'],
  ['an empty 500', reply(500), 'unknown', 'transient'],
  ['a socket closed without an answer', hangUp, 'unknown', 'network'],
  ['no answer in time', hang, 'unknown', 'network'],
  ['a body too large for a proxy', reply(413, '<html>'), 'refused', 'invalid'],
]

describe.each([
  ['CloudWatch Logs', logs],
  ['Firehose', firehose],
])('%s: what a write comes to on', (_, sink) => {
  const rows: readonly Row[] = [
    ...ANY_SERVICE,
    ['throttling', jsonError(400, 'ThrottlingException'), 'retry', 'throttled'],
    ['a name with a namespace', jsonError(400, 'com.amazonaws.logs#ThrottlingException'), 'retry', 'throttled'],
    [
      'a name in the header only',
      reply(400, '', { 'x-amzn-errortype': 'ThrottlingException:http://x/' }),
      'retry',
      'throttled',
    ],
    ['a 503', jsonError(503, 'ServiceUnavailableException'), 'unknown', 'transient'],
    ['no access', jsonError(400, 'AccessDeniedException'), 'refused', 'access'],
    ['an unknown key', jsonError(400, 'UnrecognizedClientException'), 'refused', 'access'],
    ['expired credentials', jsonError(400, 'ExpiredTokenException'), 'retry', 'credentials'],
    ['a batch that is not valid', jsonError(400, 'ValidationException'), 'refused', 'invalid'],
    ['a 403 that is no JSON', reply(403, '<Error/>'), 'unknown', 'access'],
    ['a 200 that is no JSON', reply(200, '<html>'), 'unknown', 'transient'],
    ['an answer cut short', cutShort, 'unknown', 'network'],
  ]
  test.each(rows)('%s', (...row) => expectOutcome(sink(), row))
})

describe('S3: what a write comes to on', () => {
  const rows: readonly Row[] = [
    ...ANY_SERVICE,
    ['throttling', xmlError(503, 'SlowDown'), 'retry', 'throttled'],
    ['a race', xmlError(409, 'ConditionalRequestConflict'), 'retry', 'transient'],
    ['a 500', xmlError(500, 'InternalError'), 'unknown', 'transient'],
    ['no access', xmlError(403, 'AccessDenied'), 'refused', 'access'],
    ['a 403 without a name', reply(403), 'refused', 'access'],
    ['a missing bucket', xmlError(404, 'NoSuchBucket'), 'refused', 'missing'],
    ['a bucket in another Region', xmlError(301, 'PermanentRedirect'), 'refused', 'missing'],
    ['a request that is not valid', xmlError(400, 'InvalidArgument'), 'refused', 'invalid'],
    ['a store without conditional writes', xmlError(501, 'NotImplemented'), 'refused', 'conditional-writes-ignored'],
  ]
  test.each(rows)('%s', (...row) => expectOutcome(s3(), row))
})

describe('S3', () => {
  test('what the bucket finds invalid is no matter of records, and says where to look', async () => {
    server.answerWith(xmlError(400, 'InvalidRequest'))
    expect(await s3().write(records)).toMatchObject({
      status: 'refused',
      scope: 'destination',
      failure: { class: 'invalid', message: expect.stringContaining('Check the settings of the bucket') },
    })
  })

  test('what is too large may pass in parts, but one record has none', async () => {
    server.answerWith(xmlError(400, 'EntityTooLarge'))
    expect(await s3().write(records)).toMatchObject({ status: 'refused', scope: 'batch' })
    expect(await s3().write(records.slice(0, 1))).toMatchObject({ status: 'refused', scope: 'destination' })
  })

  test('a store that takes the same object twice is refused', async () => {
    server.answerWith(taken)
    expect(await s3().write(records)).toMatchObject({
      status: 'refused',
      scope: 'destination',
      failure: { class: 'conditional-writes-ignored', message: expect.stringContaining('If-None-Match') },
    })
    expect(server.requests()).toHaveLength(2)
  })

  test('a second put without an answer is delivered, and the next write proves again', async () => {
    const sink = s3()
    server.answerWith(taken, hangUp)
    expect(await sink.write(records)).toEqual({ status: 'delivered' })
    server.answerWith(taken, xmlError(412, 'PreconditionFailed'))
    expect(await sink.write(records)).toEqual({ status: 'delivered' })
    expect(server.requests()).toHaveLength(2)
    server.answerWith(taken)
    expect(await sink.write(records)).toEqual({ status: 'delivered' })
    expect(server.requests()).toHaveLength(1)
  })

  test('an object in the way that may not be read names the permissions', async () => {
    server.answerWith(xmlError(412, 'PreconditionFailed'), reply(403))
    expect(await s3().write(records)).toMatchObject({
      status: 'refused',
      scope: 'destination',
      failure: { class: 'access', message: expect.stringContaining('s3:GetObject and s3:ListBucket') },
    })
  })

  // A HEAD has no body that would name the refusal, and s3:GetObject was asked for where the clock was wrong.
  test('an object in the way that is not shown for a wrong clock is asked for again, with the time the answer told', async () => {
    const date = new Date(Date.now() + 20 * 60_000).toUTCString()
    server.answerWith(xmlError(412, 'PreconditionFailed'), reply(403, '', { date }))
    expect(await createSink('s3', strangers).write(records)).toMatchObject({
      status: 'retry',
      failure: { class: 'clock', message: expect.stringContaining('Check the clock of this machine') },
    })
  })

  test('an object in the way that is gone again is simply tried again', async () => {
    server.answerWith(xmlError(412, 'PreconditionFailed'), reply(404))
    expect(await s3().write(records)).toMatchObject({ status: 'retry', failure: { class: 'transient' } })
  })

  test('an object in the way whose reading fails for now is tried again', async () => {
    server.answerWith(xmlError(412, 'PreconditionFailed'), reply(500))
    expect(await s3().write(records)).toMatchObject({ status: 'retry', failure: { class: 'transient' } })
    server.answerWith(xmlError(412, 'PreconditionFailed'), taken, cutShort)
    expect(await s3().write(records)).toMatchObject({ status: 'retry', failure: { class: 'network' } })
  })

  test('an object in the way that is not of Roomlog is never guessed at', async () => {
    server.answerWith(xmlError(412, 'PreconditionFailed'), taken, reply(200, 'hello', { etag: '"e"' }))
    expect(await s3().write(records)).toMatchObject({
      status: 'refused',
      scope: 'destination',
      failure: { message: expect.stringContaining('AWSLogs/') },
    })
  })
})

describe('CloudWatch Logs', () => {
  test('a stream that may not be created holds the destination', async () => {
    server.answerWith(jsonError(400, 'ResourceNotFoundException'), jsonError(400, 'AccessDeniedException'))
    expect(await logs().write(records)).toMatchObject({
      status: 'refused',
      scope: 'destination',
      failure: { class: 'access', message: expect.stringContaining('logs:CreateLogStream') },
    })
  })

  test('a stream whose creation got no answer means that nothing was taken', async () => {
    server.answerWith(jsonError(400, 'ResourceNotFoundException'), hangUp)
    expect(await logs().write(records)).toMatchObject({ status: 'retry', failure: { class: 'network' } })
  })
})

describe.each(['s3', 'cloudWatchLogs', 'firehose'] as const)('%s', (kind) => {
  const create = () => createSink(kind, clients)

  test('an abort by the caller rejects with an AbortError, and nothing else rejects', async () => {
    const controller = new AbortController()
    server.answerWith(() => controller.abort(new Error('of the caller')))
    await expect(create().write(records, { signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' })
    await expect(create().check({ signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('a write while nothing listens was surely not taken', async () => {
    const gone = await startScriptedServer()
    await gone.close()
    const lost = createClients(gone.url)
    expect(await createSink(kind, lost).write(records)).toMatchObject({
      status: 'retry',
      failure: { name: 'ECONNREFUSED' },
    })
    lost.close()
  })

  test('a client that retries by itself is a bug of the caller', async () => {
    const retrying = createClients(server.url, { maxAttempts: 3 })
    await expect(createSink(kind, retrying).write(records)).rejects.toThrow('maxAttempts: 1')
    retrying.close()
  })

  test('the check reports what it met', async () => {
    server.answerWith(reply(500))
    expect(await create().check()).toMatchObject({ status: 'failed', failure: { class: 'transient' } })
  })
})
