import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs'
import { CreateDeliveryStreamCommand, FirehoseClient } from '@aws-sdk/client-firehose'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import type { Destination } from '@roomlog/domain'
import { type LocalAws, startLocalAws } from '@roomlog/local-aws'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createDestinationCheck } from './check.ts'

const region = 'us-west-2'
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
  destinations = createDestinationCheck({ region, timeoutMs: 10_000, pathStyle: true })
})
afterAll(async () => {
  destinations?.close()
  await aws?.close()
  vi.unstubAllEnvs()
  await rm(dataDir, { recursive: true, force: true })
})

const check = (destination: Destination) => destinations.check(destination, {})

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
  aws.faults.add({ service: 's3', operation: 'HeadBucket', effect: 'hang' })
  const impatient = createDestinationCheck({ region, timeoutMs: 200, pathStyle: true })
  expect(await impatient.check({ kind: 's3', target: 'a-bucket' }, {})).toMatchObject({
    status: 'failed',
    failure: { message: 'a-bucket could not be checked: no answer within 0.2 s' },
  })
  impatient.close()
})
