import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { ListDeliveryStreamsCommand } from '@aws-sdk/client-firehose'
import { CreateBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { type LocalAws, startLocalAws } from '@roomlog/local-aws'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { parseEnv } from '../env.ts'
import { logsClient } from './cloudwatch-logs.ts'
import { firehoseClient } from './firehose.ts'
import { s3Client } from './s3.ts'

let folder: string
let aws: LocalAws

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roomlog-clients-'))
  aws = await startLocalAws({ dataDir: join(folder, 'aws') })
  for (const name of ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await aws.close()
  await rm(folder, { recursive: true })
})

const credentials = (id: string) =>
  writeFile(join(folder, 'credentials'), `[default]\naws_access_key_id = ${id}\naws_secret_access_key = secret\n`)
const callsOf = async (accessKeyId: string) =>
  (await fetch(`${aws.url}/_local/calls?accessKeyId=${accessKeyId}`)).text()

// With the variable, buckets were named in the path; with the file they became host names, which nobody knows.
test('an endpoint of the configuration file is as one of the variable, and expired credentials are read again', async () => {
  await writeFile(join(folder, 'config'), `[default]\nendpoint_url = ${aws.url}\n`)
  await credentials('OLD')
  const parsed = parseEnv({ DATABASE_URL: 'postgresql://localhost/any', AWS_REGION: 'us-east-1' })
  if (!parsed.ok) throw new Error(parsed.message)
  const [s3, logs, firehose] = [s3Client(parsed.env), logsClient(parsed.env), firehoseClient(parsed.env)]
  const ask = () => [
    s3.send(new ListObjectsV2Command({ Bucket: 'a-bucket' })),
    logs.send(new DescribeLogGroupsCommand({})),
    firehose.send(new ListDeliveryStreamsCommand({})),
  ]
  await s3.send(new CreateBucketCommand({ Bucket: 'a-bucket' }))
  await Promise.all(ask())
  const expired = aws.faults.add({ effect: 'error', status: 400, name: 'ExpiredTokenException' })
  const refused = await Promise.allSettled(ask())
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  aws.faults.remove(expired)
  await credentials('NEW')
  await Promise.all(ask())
  for (const operation of ['ListObjectsV2', 'DescribeLogGroups', 'ListDeliveryStreams']) {
    expect(await callsOf('NEW')).toContain(operation)
  }
  for (const client of [s3, logs, firehose]) client.destroy()
})
