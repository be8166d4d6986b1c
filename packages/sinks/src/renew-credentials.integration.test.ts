import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { FirehoseClient } from '@aws-sdk/client-firehose'
import { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createSink } from '../test/create-sink.ts'
import { sampleRecords } from '../test/sample-records.ts'
import {
  type Answer,
  jsonError,
  reply,
  type ScriptedServer,
  startScriptedServer,
  xmlError,
} from '../test/scripted-server.ts'
import { renewCredentials } from './renew-credentials.ts'

let folder: string
let server: ScriptedServer

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roomlog-credentials-'))
  server = await startScriptedServer()
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await server.close()
  await rm(folder, { recursive: true })
})

/** Another program's work: a file with these keys. */
async function rewrite(id: string): Promise<void> {
  const file = join(folder, 'credentials')
  await writeFile(file, `[default]\naws_access_key_id = ${id}\naws_secret_access_key = s\naws_session_token = t\n`)
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file)
}

const clients = () => {
  const options = { endpoint: server.url, region: 'us-west-2', maxAttempts: 1 }
  return {
    s3: renewCredentials(new S3Client({ ...options, forcePathStyle: true })),
    logs: renewCredentials(new CloudWatchLogsClient(options)),
    firehose: renewCredentials(new FirehoseClient(options)),
    close() {
      for (const client of [this.s3, this.logs, this.firehose]) client.destroy()
    },
  }
}

/** Refuses the calls of one key, and answers those of every other. */
const refusing =
  (id: string, refusal: Answer, taken: Answer): Answer =>
  (request, response) => {
    const isTheirs = request.headers.authorization?.includes(`Credential=${id}/`)
    return (isTheirs ? refusal : taken)(request, response)
  }

const PUT = reply(200, '', { etag: '"e"' })
const LOGGED = reply(200, '{}', { 'x-amzn-requestid': 'r' })
const STREAMED = reply(200, '{"FailedPutCount":0,"RequestResponses":[{"RecordId":"r"}]}')

// The SDK keeps what it has read of a file: an expired token was sent until the process was started anew.
test.each([
  ['s3', 'ExpiredToken', xmlError(400, 'ExpiredToken'), PUT],
  ['s3', 'InvalidAccessKeyId', xmlError(403, 'InvalidAccessKeyId'), PUT],
  ['cloudWatchLogs', 'ExpiredTokenException', jsonError(400, 'ExpiredTokenException'), LOGGED],
  ['cloudWatchLogs', 'UnrecognizedClientException', jsonError(400, 'UnrecognizedClientException'), LOGGED],
  ['firehose', 'ExpiredTokenException', jsonError(400, 'ExpiredTokenException'), STREAMED],
  ['firehose', 'RequestExpired', jsonError(400, 'RequestExpired'), STREAMED],
] as const)('%s: after %s the file of credentials is read again', async (kind, name, refusal, taken) => {
  await rewrite('FIRST')
  const theirs = clients()
  const sink = createSink(kind, theirs)
  const write = (position: number) => sink.write(sampleRecords(1, { position }))
  // A bucket's first object is put twice.
  const proven = kind === 's3' ? [taken, xmlError(412, 'PreconditionFailed'), taken] : [taken]
  server.answerWith(...proven)
  expect(await write(1)).toEqual({ status: 'delivered' })
  expect(await write(2)).toEqual({ status: 'delivered' })

  server.answerWith(refusing('FIRST', refusal, taken))
  expect(await write(3)).toMatchObject({ status: expect.stringMatching('retry|refused'), failure: { name } })
  expect(await write(3)).toMatchObject({ failure: { name } })
  await rewrite('SECOND')
  expect(await write(3)).toEqual({ status: 'delivered' })
  theirs.close()
})
