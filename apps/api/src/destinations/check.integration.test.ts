import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudWatchLogsClient, CreateLogGroupCommand, DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs'
import { CreateDeliveryStreamCommand, FirehoseClient } from '@aws-sdk/client-firehose'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { AccountId, type Destination } from '@roomlog/domain'
import { type LocalAws, startLocalAws } from '@roomlog/local-aws'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createDestinationCheck } from './check.ts'

const region = 'us-west-2'
const accountId = AccountId.parse('111111111111')
let dataDir: string
let aws: LocalAws
let destinations: ReturnType<typeof createDestinationCheck>

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'roomlog-check-'))
  aws = await startLocalAws({ dataDir })
  vi.stubEnv('AWS_ENDPOINT_URL', aws.url)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  const s3 = new S3Client({ region, forcePathStyle: true })
  await s3.send(new CreateBucketCommand({ Bucket: 'a-bucket' }))
  await new CloudWatchLogsClient({ region }).send(new CreateLogGroupCommand({ logGroupName: '/chat/a-group' }))
  await new FirehoseClient({ region }).send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: 'a-stream',
      ExtendedS3DestinationConfiguration: {
        BucketARN: 'arn:aws:s3:::a-bucket',
        RoleARN: 'arn:aws:iam::111111111111:role/firehose',
      },
    }),
  )
  destinations = createDestinationCheck({ region, timeoutMs: 10_000 })
})
afterAll(async () => {
  destinations?.close()
  await aws?.close()
  vi.unstubAllEnvs()
  await rm(dataDir, { recursive: true, force: true })
})

beforeEach(() => aws.faults.clear())

const check = (destination: Destination) => destinations.check(destination, { accountId })

test.each([
  { kind: 's3', target: 'a-bucket' },
  { kind: 'cloudWatchLogs', target: '/chat/a-group' },
  { kind: 'firehose', target: 'a-stream' },
] as const)('$kind $target is there', async (destination) => {
  await expect.poll(() => check(destination)).toEqual({ status: 'ok' })
})

test.each([
  { kind: 's3', target: 'no-bucket' },
  { kind: 'cloudWatchLogs', target: '/chat/no-group' },
  // The name of a group that is there begins with it.
  { kind: 'cloudWatchLogs', target: '/chat/a-gr' },
  { kind: 'firehose', target: 'no-stream' },
] as const)('$kind $target is missing, and the reason names it', async (destination) => {
  const outcome = await check(destination)
  expect(outcome).toMatchObject({ status: 'failed', failure: { class: 'missing' } })
  expect(outcome.status === 'failed' && outcome.failure.message).toContain(destination.target)
})

test('a destination that never answers fails within the time given', async () => {
  aws.faults.add({ service: 's3', operation: 'ListObjectsV2', effect: 'hang' })
  const impatient = createDestinationCheck({ region, timeoutMs: 200 })
  expect(await impatient.check({ kind: 's3', target: 'a-bucket' }, { accountId })).toMatchObject({
    status: 'failed',
    failure: { message: 'a-bucket could not be checked: no answer within 0.2 s' },
  })
  impatient.close()
})

test('a log group that cannot be read back fails, and the reason names its class', async () => {
  const logs = new CloudWatchLogsClient({ region })
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/chat/rare', logGroupClass: 'INFREQUENT_ACCESS' }))
  expect(await check({ kind: 'cloudWatchLogs', target: '/chat/rare' })).toMatchObject({
    status: 'failed',
    failure: { class: 'invalid', message: expect.stringContaining('INFREQUENT_ACCESS') },
  })
  await logs.send(new DeleteLogGroupCommand({ logGroupName: '/chat/rare' }))
})

test.each([
  ['s3', 'a-bucket', 'GetObject', 's3:GetObject'],
  ['cloudWatchLogs', '/chat/a-group', 'FilterLogEvents', 'logs:FilterLogEvents'],
] as const)(
  '%s %s that may not be read back (%s) fails, and the reason names %s',
  async (kind, target, operation, right) => {
    aws.faults.add({ operation, effect: 'accessDenied' })
    expect(await check({ kind, target })).toMatchObject({
      status: 'failed',
      failure: { class: 'access', message: expect.stringContaining(right) },
    })
  },
)

// The service names a wrong clock with the first refusal, and the SDK is right from then on.
test('a clock that was wrong with the first call of a process does not fail the check', async () => {
  const fault = { status: 403, name: 'RequestTimeTooSkewed', count: 1, effect: 'error' } as const
  aws.faults.add({ ...fault, operation: 'ListObjectsV2' })
  expect(await check({ kind: 's3', target: 'a-bucket' })).toEqual({ status: 'ok' })
  aws.faults.add({ ...fault, operation: 'ListObjectsV2', count: 2 })
  expect(await check({ kind: 's3', target: 'a-bucket' })).toMatchObject({
    failure: { class: 'clock', message: expect.stringContaining('Check the clock') },
  })
})

test('endpoint and credentials of files: buckets are named in the path, and a token that expired is read again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'roomlog-check-files-'))
  const files = { config: join(folder, 'config'), credentials: join(folder, 'credentials') }
  const credentials = (id: string) =>
    writeFile(files.credentials, `[default]\naws_access_key_id = ${id}\naws_secret_access_key = secret\n`)
  for (const name of ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_CONFIG_FILE', files.config)
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', files.credentials)
  await writeFile(files.config, `[default]\nendpoint_url = ${aws.url}\n`)
  await credentials('OLD')
  const byFiles = createDestinationCheck({ region, timeoutMs: 10_000 })
  const bucket = () => byFiles.check({ kind: 's3', target: 'a-bucket' }, { accountId })
  expect(await bucket()).toEqual({ status: 'ok' })
  const expired = aws.faults.add({ operation: 'ListObjectsV2', effect: 'error', status: 400, name: 'ExpiredToken' })
  expect(await bucket()).toMatchObject({ status: 'failed', failure: { class: 'credentials' } })
  aws.faults.remove(expired)
  await credentials('NEW')
  expect(await bucket()).toEqual({ status: 'ok' })
  const calls = await (await fetch(`${aws.url}/_local/calls?service=s3&accessKeyId=NEW`)).text()
  expect(calls).toContain('GetObject')
  byFiles.close()
  await rm(folder, { recursive: true })
})
