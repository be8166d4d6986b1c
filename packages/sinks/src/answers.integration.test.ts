import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clients, createClients } from '../test/clients.ts'
import { createSink } from '../test/create-sink.ts'
import { sampleDestination, sampleRecords } from '../test/sample-records.ts'
import {
  type Answer,
  endless,
  jsonError,
  reply,
  type ScriptedServer,
  startScriptedServer,
  xmlError,
} from '../test/scripted-server.ts'
import { createS3Sink } from './s3/sink.ts'

/** Acknowledged records were lost to answers that say success: each that can be had, with and without what proves it. */

let server: ScriptedServer
let clients: Clients

beforeAll(async () => {
  server = await startScriptedServer()
  clients = createClients(server.url, { requestTimeoutMs: 2_000 })
})
afterAll(async () => {
  clients.close()
  await server.close()
})

const records = sampleRecords(3)
const HTML = '<!doctype html><html><body>Welcome</body></html>'
const HTML_WITH_ERROR = '<html><body><Error><Code>PreconditionFailed</Code></Error></body></html>'
const XML_ERROR = '<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>m</Message></Error>'
const BODY_BYTES = 2 * 1024 * 1024
const OTHER_JSON = '{"status":"ok"}'
const ENTRIES = JSON.stringify({ FailedPutCount: 0, RequestResponses: records.map(() => ({ RecordId: 'r' })) })
const TOKEN = '{"nextSequenceToken":"49545295115971876468408574808414755329919666212443258898"}'

const ETAG = { ETag: '"d41d8cd98f00b204e9800998ecf8427e"' }
const REQUEST_ID = { 'X-Amzn-RequestId': 'e1b2' }
const EXISTS = xmlError(412, 'PreconditionFailed')

type Row = readonly [what: string, status: number, body: string, withProof: string, without: string]

const SAME_FOR_ALL: readonly Row[] = [
  ['HTML', 200, HTML, 'unknown', 'unknown'],
  ['an error as XML', 200, XML_ERROR, 'unknown', 'unknown'],
  ['an error as JSON', 200, '{"__type":"ThrottlingException","message":"m"}', 'unknown', 'unknown'],
  ['a list', 200, '[]', 'unknown', 'unknown'],
  ['text', 200, '"ok"', 'unknown', 'unknown'],
  ['null', 200, 'null', 'unknown', 'unknown'],
  ['201', 201, '', 'unknown', 'unknown'],
  ['202', 202, '', 'unknown', 'unknown'],
  ['204', 204, '', 'unknown', 'unknown'],
  ['206', 206, '', 'unknown', 'unknown'],
  ['302', 302, HTML, 'not settled', 'not settled'],
  ['307', 307, '', 'not settled', 'not settled'],
]

const S3_ROWS: readonly Row[] = [
  ...SAME_FOR_ALL,
  ['nothing', 200, '', 'delivered', 'not settled'],
  ['JSON of another kind', 200, OTHER_JSON, 'unknown', 'unknown'],
  ['cut JSON', 200, '{"a', 'unknown', 'unknown'],
  ['a body longer than the limit', 200, ' '.repeat(BODY_BYTES), 'unknown', 'unknown'],
]
const LOGS_ROWS: readonly Row[] = [
  ...SAME_FOR_ALL,
  ['nothing', 200, '', 'unknown', 'unknown'],
  ['its token', 200, TOKEN, 'delivered', 'unknown'],
  ['an empty object', 200, '{}', 'delivered', 'unknown'],
  ['its token as 201', 201, TOKEN, 'unknown', 'unknown'],
  ['JSON of another kind', 200, '{"rejectedLogEventsInfo":"all"}', 'unknown', 'unknown'],
  ['cut JSON', 200, TOKEN.slice(0, -1), 'unknown', 'unknown'],
  ['a body longer than the limit', 200, TOKEN + ' '.repeat(BODY_BYTES), 'unknown', 'unknown'],
]
const FIREHOSE_ROWS: readonly Row[] = [
  ...SAME_FOR_ALL,
  ['nothing', 200, '', 'unknown', 'unknown'],
  ['an entry for each', 200, ENTRIES, 'delivered', 'delivered'],
  ['an entry for each as 202', 202, ENTRIES, 'unknown', 'unknown'],
  ['its count without entries', 200, '{"FailedPutCount":0}', 'unknown', 'unknown'],
  ['JSON of another kind', 200, OTHER_JSON, 'unknown', 'unknown'],
  ['cut JSON', 200, ENTRIES.slice(0, -1), 'unknown', 'unknown'],
  ['a body longer than the limit', 200, ENTRIES + ' '.repeat(BODY_BYTES), 'unknown', 'unknown'],
]

/** What makes a sink ready: a bucket's first object is put twice. */
const SINKS = [
  ['s3', ETAG, S3_ROWS, [reply(200, '', ETAG), EXISTS]],
  ['cloudWatchLogs', REQUEST_ID, LOGS_ROWS, [reply(200, TOKEN, REQUEST_ID)]],
  ['firehose', {}, FIREHOSE_ROWS, [reply(200, ENTRIES)]],
] as const

describe.each(SINKS)('%s', (kind, proof, rows, ready) => {
  const readySink = async () => {
    const sink = createSink(kind, clients)
    server.answerWith(...ready)
    expect(await sink.write(records)).toEqual({ status: 'delivered' })
    return sink
  }

  describe.each([
    ['with the proof', proof],
    ['without it', {}],
  ] as const)('an answer %s', (title, headers) => {
    test.each(rows)('%s', async (_, status, body, withProof, without) => {
      const expected = title === 'with the proof' ? withProof : without
      const answer = reply(status, body, headers)
      const fresh = createSink(kind, clients)
      server.answerWith(answer, ...(kind === 's3' && expected === 'delivered' ? [EXISTS] : []))
      expectStatus((await fresh.write(records)).status, expected)
      const sink = await readySink()
      server.answerWith(answer)
      expectStatus((await sink.write(records)).status, expected)
    })
  })

  test('of an endless error 1 MiB is read, whoever reads it', async () => {
    const sink = await readySink()
    for (const act of [() => createSink(kind, clients).write(records), () => sink.write(records), () => sink.check()]) {
      const { answer, sentBytes } = endless(403)
      server.answerWith(answer)
      expect((await act()).status).not.toBe('delivered')
      // What lies in sockets' buffers beside it.
      expect(sentBytes()).toBeLessThan(16 * 1024 * 1024)
    }
  })
})

function expectStatus(status: string, expected: string): void {
  if (expected === 'not settled') expect(['unknown', 'refused', 'retry']).toContain(status)
  else expect(status).toBe(expected)
}

describe('S3', () => {
  const s3 = () => createSink('s3', clients)

  test.each([
    ['weak', { etag: 'W/"e"' }],
    ['in capitals', { ETAG: '"e"' }],
    ['without quotes', { etag: 'e' }],
  ])('an ETag is one also when it is %s', async (_, headers) => {
    server.answerWith(reply(200, '', headers), EXISTS)
    expect(await s3().write(records)).toEqual({ status: 'delivered' })
  })

  test.each(['""', ' ', 'W/""'])('an ETag with nothing in it is none: %s', async (etag) => {
    server.answerWith(reply(200, '', { etag }))
    expect(await s3().write(records)).not.toMatchObject({ status: 'delivered' })
  })

  test('a store that sends no ETag fails the proof, and the words say so', async () => {
    const sink = s3()
    server.answerWith(reply(200))
    expect(await sink.write(records)).toMatchObject({
      status: 'refused',
      scope: 'destination',
      failure: { name: 'NoETag', message: expect.stringContaining('sends no ETag') },
    })
    expect(server.requests()).toHaveLength(1)
    // Put twice with an ETag each, it has passed.
    server.answerWith(reply(200, '', ETAG), EXISTS)
    expect(await sink.write(records)).toEqual({ status: 'delivered' })
  })

  test('the proof counts only from two clean answers', async () => {
    const sink = s3()
    for (const second of [reply(412, HTML_WITH_ERROR), reply(200, HTML, ETAG), reply(200), reply(412, HTML)]) {
      server.answerWith(reply(200, '', ETAG), second)
      expect(await sink.write(records)).toEqual({ status: 'delivered' })
      expect(server.requests()).toHaveLength(2)
    }
    server.answerWith(reply(200, '', ETAG), EXISTS)
    expect(await sink.write(records)).toEqual({ status: 'delivered' })
    server.answerWith(reply(200, '', ETAG))
    expect(await sink.write(records)).toEqual({ status: 'delivered' })
    expect(server.requests()).toHaveLength(1)
  })

  const ours = {
    'x-amz-meta-roomlog-first': '1:M00000000001',
    'x-amz-meta-roomlog-last': '3:M00000000003',
    'x-amz-meta-roomlog-records': '3',
  }

  test('what stands in the way is believed by its own metadata, under an ETag', async () => {
    server.answerWith(EXISTS, reply(200, '', { ...ETAG, ...ours }))
    expect(await s3().write(records)).toMatchObject({ status: 'occupied', occupant: { last: { position: 3 } } })
  })

  const notOurs = { ...ETAG, ...ours, 'x-amz-meta-roomlog-first': '7:M00000000007' }
  const unsettling: readonly [what: string, answers: readonly Answer[]][] = [
    ['a proxy’s page to every question', [reply(200, HTML, { 'content-type': 'text/html' })]],
    ['our metadata without an ETag', [reply(200, '', ours)]],
    ['our metadata on another status', [reply(206, '', { ...ETAG, ...ours })]],
    ['an ETag alone, and no object behind it', [reply(200, '', ETAG), reply(404, HTML)]],
    ['an ETag alone, and half an answer', [reply(200, '', ETAG), reply(206, 'x', ETAG)]],
    ['the metadata of another record’s object, and nothing in it', [reply(200, '', notOurs), reply(200, '')]],
  ]
  test.each(unsettling)('a 412 is not settled by %s', async (_, answers) => {
    server.answerWith(EXISTS, ...answers)
    expect(await s3().write(records)).toMatchObject({ status: 'retry' })
  })

  test('a page under the key of an object, with an ETag, is nobody’s records', async () => {
    server.answerWith(EXISTS, reply(200, '', ETAG), reply(200, HTML, ETAG))
    expect(await s3().write(records)).toMatchObject({ status: 'refused', failure: { name: 'ForeignObject' } })
  })

  test('that there is no object is believed only in S3’s own words', async () => {
    const recall = () => s3().recall?.(records)
    server.answerWith(xmlError(404, 'NoSuchKey'))
    expect(await recall()).toEqual({ status: 'recalled', found: new Set() })
    for (const answer of [
      reply(404, HTML),
      reply(404),
      reply(200),
      reply(200, HTML),
      reply(204),
      endless(200).answer,
    ]) {
      server.answerWith(answer)
      expect(await recall()).toMatchObject({ status: 'retry' })
    }
  })

  test('a 501 names the header that the store’s own text names', async () => {
    const notImplemented = (message: string, more = '') =>
      reply(501, `<Error><Code>NotImplemented</Code><Message>${message}</Message>${more}</Error>`)
    const general = 'A header you provided implies functionality that is not implemented'
    const rows: readonly [answer: Answer, failureClass: string, words: string][] = [
      [
        notImplemented("Header 'x-amz-acl' with value 'x' not implemented"),
        'invalid',
        'x-amz-acl: ROOMLOG_S3_ACL=none',
      ],
      [notImplemented(general, '<Header>Content-MD5</Header>'), 'invalid', 'content-md5: ROOMLOG_S3_CHECKSUM=crc32'],
      [notImplemented(general, '<Header>If-None-Match</Header>'), 'conditional-writes-ignored', 'If-None-Match'],
      [notImplemented(general), 'conditional-writes-ignored', 'If-None-Match'],
    ]
    for (const [answer, failureClass, words] of rows) {
      server.answerWith(answer)
      expect(await s3().write(records)).toMatchObject({
        status: 'refused',
        scope: 'destination',
        failure: { class: failureClass, message: expect.stringContaining(words) },
      })
    }
  })

  test.each([
    ['md5', 'content-md5', undefined],
    ['crc32', 'x-amz-checksum-crc32', 'none'],
    ['none', undefined, 'bucket-owner-full-control'],
  ] as const)('sends the checksum %s, and the ACL that it is told to', async (checksum, header, acl) => {
    const seen: Record<string, unknown>[] = []
    const see =
      (answer: Answer): Answer =>
      (request, response) => {
        seen.push(request.headers)
        answer(request, response)
      }
    const client = createClients(server.url, { requestChecksumCalculation: 'WHEN_REQUIRED' }).s3
    const sink = createS3Sink({ client, destination: sampleDestination('s3', 'bucket'), checksum, acl })
    server.answerWith(see(reply(200, '', ETAG)), see(EXISTS), see(reply(200, '', ETAG)))
    for (const from of [0, 1]) expect(await sink.write(records.slice(from))).toEqual({ status: 'delivered' })
    expect(seen).toHaveLength(3)
    for (const headers of seen) {
      const sums = ['content-md5', 'x-amz-checksum-crc32'].filter((name) => name in headers)
      expect(sums).toEqual(header === undefined ? [] : [header])
      expect(headers['x-amz-acl']).toBe(acl === 'none' ? undefined : 'bucket-owner-full-control')
    }
    client.destroy()
  })
})

describe('CloudWatch Logs', () => {
  const logs = () => createSink('cloudWatchLogs', clients)

  test('a 412 of something in between takes nothing', async () => {
    server.answerWith(reply(412, HTML))
    expect(await logs().write(records)).toMatchObject({ status: 'unknown' })
  })

  test('an error that only a header names is one', async () => {
    server.answerWith(reply(200, '{}', { ...REQUEST_ID, 'x-amzn-errortype': 'ThrottlingException' }))
    expect(await logs().write(records)).toMatchObject({ status: 'unknown' })
  })

  test('a stream is created once the service has said so', async () => {
    const missing = jsonError(400, 'ResourceNotFoundException')
    for (const answer of [reply(200, '', REQUEST_ID), reply(200, '{}', REQUEST_ID)]) {
      server.answerWith(missing, answer)
      expect(await logs().write(records)).toMatchObject({ status: 'retry', failure: { name: 'LogStreamCreated' } })
    }
    for (const answer of [reply(200), reply(200, HTML, REQUEST_ID), reply(201, '', REQUEST_ID), reply(412, HTML)]) {
      server.answerWith(missing, answer)
      expect(await logs().write(records)).toMatchObject({ status: 'retry' })
      server.answerWith(missing, answer)
      expect(await logs().write(records)).not.toMatchObject({ failure: { name: 'LogStreamCreated' } })
    }
  })

  test('that the log has none of the records is believed only of a page that lists its events', async () => {
    const recall = () => logs().recall?.(records)
    server.answerWith(reply(200, '{"events":[],"searchedLogStreams":[]}', REQUEST_ID))
    expect(await recall()).toEqual({ status: 'recalled', found: new Set() })
    const others = ['', '{}', HTML, OTHER_JSON, '[]', '{"events":null}', '{"events":[', '{"events":[{}]}', XML_ERROR]
    for (const body of others) {
      server.answerWith(reply(200, body, REQUEST_ID))
      expect(await recall()).toMatchObject({ status: 'retry' })
    }
    const emptiness = '{"events":[]}'
    for (const answer of [reply(200, emptiness), reply(206, emptiness, REQUEST_ID), endless(200).answer]) {
      server.answerWith(answer)
      expect(await recall()).toMatchObject({ status: 'retry' })
    }
  })

  test('of an endless error to a reading 1 MiB is read', async () => {
    const { answer, sentBytes } = endless(503)
    server.answerWith(answer)
    expect(await logs().recall?.(records)).toMatchObject({ status: 'retry' })
    expect(sentBytes()).toBeLessThan(16 * 1024 * 1024)
  })

  test('a group is missing only where the service lists those that there are', async () => {
    server.answerWith(reply(200, '{"logGroups":[]}', REQUEST_ID))
    expect(await logs().check()).toMatchObject({ status: 'failed', failure: { class: 'missing' } })
    server.answerWith(reply(200, '{}'))
    expect(await logs().check()).toMatchObject({ status: 'failed', failure: { class: 'transient' } })
  })
})
