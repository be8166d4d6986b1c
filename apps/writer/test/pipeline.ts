import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir, uptime } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { CreateDeliveryStreamCommand, FirehoseClient } from '@aws-sdk/client-firehose'
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { migrate } from '@roomlog/db/migrate'
import { createPool } from '@roomlog/db/pool'
import {
  type DestinationKind,
  DestinationVersionId,
  type MessageId,
  messageRecord,
  newId,
  type RoomId,
} from '@roomlog/domain'
import { testPostgres } from '@roomlog/embedded-postgres'
import { partitionOf, toAppendId } from '@roomlog/journal'
import { createPostgresJournal } from '@roomlog/journal/postgres'
import { startLocalAws } from '@roomlog/local-aws'
import { pino } from 'pino'
import { parseEnv, type WriterEnv } from '../src/env.ts'
import { type StartOptions, startWriter } from '../src/start.ts'
import { systemClock } from '../src/system-clock.ts'

const ACCOUNT = '123456789012'
const REGION = 'us-east-1'

export const TARGETS: Readonly<Record<DestinationKind, string>> = {
  s3: 'chat-logs',
  cloudWatchLogs: '/chat/logs',
  firehose: 'chat-stream',
}

const KINDS: readonly DestinationKind[] = ['s3', 'cloudWatchLogs', 'firehose']

/** The bucket that a delivery stream delivers to. */
const outputOf = (stream: string) => `${stream}-out`

export type Sent = { readonly roomId: RoomId; readonly id: MessageId }

/** A real database, the stand-in, and ways to send records and read every destination back. */
export async function startPipeline(partitionsIfNew = 4) {
  const dataDir = await mkdtemp(join(tmpdir(), 'roomlog-pipeline-'))
  const postgres = await testPostgres({ prepare: (url) => migrate({ url }) })
  const database = await postgres.createDatabase()
  let aws = await startLocalAws({ dataDir })
  const pool = createPool({ url: database.url, max: 4, applicationName: 'test' })
  const journal = await createPostgresJournal({ pool, partitionsIfNew })
  const config = {
    region: REGION,
    endpoint: aws.url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  }
  const s3 = new S3Client({ ...config, forcePathStyle: true })
  const logs = new CloudWatchLogsClient(config)
  const firehose = new FirehoseClient(config)
  async function createTarget(kind: DestinationKind, target: string): Promise<void> {
    switch (kind) {
      case 's3':
        await s3.send(new CreateBucketCommand({ Bucket: target }))
        return
      case 'cloudWatchLogs':
        await logs.send(new CreateLogGroupCommand({ logGroupName: target }))
        return
      case 'firehose':
        await s3.send(new CreateBucketCommand({ Bucket: outputOf(target) }))
        await firehose.send(
          new CreateDeliveryStreamCommand({
            DeliveryStreamName: target,
            DeliveryStreamType: 'DirectPut',
            ExtendedS3DestinationConfiguration: {
              BucketARN: `arn:aws:s3:::${outputOf(target)}`,
              RoleARN: 'arn:aws:iam::123456789012:role/firehose',
              BufferingHints: { IntervalInSeconds: 0, SizeInMBs: 1 },
            },
          }),
        )
    }
  }

  for (const kind of KINDS) await createTarget(kind, TARGETS[kind])
  await pool.query('insert into account (id) values ($1)', [ACCOUNT])

  // The writer takes the endpoint from the SDK's standard variables.
  process.env['AWS_ENDPOINT_URL'] = aws.url
  process.env['AWS_ACCESS_KEY_ID'] = 'test'
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test'

  async function addDestination(kind: DestinationKind, target = TARGETS[kind]): Promise<DestinationVersionId> {
    const { rows } = await pool.query(
      `insert into destination_version (logging_configuration_id, account_id, region, kind, target)
       values ($1, $2, $3, $4, $5) returning id`,
      [newId(randomBytes), ACCOUNT, REGION, kind, target],
    )
    return DestinationVersionId.parse(rows[0].id)
  }

  /** One batch a room, in order. */
  async function send(
    roomId: RoomId,
    count: number,
    destinations: readonly DestinationVersionId[],
    at: { readonly timeMs: number } = { timeMs: Date.now() },
  ): Promise<Sent[]> {
    const partition = partitionOf(roomId, journal.partitions)
    const configVersion = await journal.configVersion(partition)
    const records = Array.from({ length: count }, (_, n) => {
      const id = newId(randomBytes)
      const { timeMs } = at
      const bytes = messageRecord({
        id,
        content: `message ${n}`,
        sendTimeNs: BigInt(timeMs) * 1_000_000n + BigInt(n),
        sender: { userId: 'ann' },
      })
      return { roomId, id, timeMs, destinations, bytes }
    })
    const outcome = await journal.append({ partition, appendId: toAppendId(randomUUID()), configVersion, records })
    if (outcome.status !== 'appended') throw new Error(`not appended: ${outcome.status}`)
    return records.map(({ id }) => ({ roomId, id }))
  }

  async function start(
    variables: Readonly<Record<string, string>> = {},
    pace: (env: WriterEnv) => Partial<Pick<StartOptions, 'log' | 'policyOf' | 'readBackEveryMs'>> = () => ({}),
  ) {
    const parsed = parseEnv({
      DATABASE_URL: database.url,
      PORT: '0',
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL: aws.url,
      ROOMLOG_S3_FLUSH_SECONDS: '1',
      ROOMLOG_LINGER_MS: '50',
      ROOMLOG_LEASE_SECONDS: '8',
      ROOMLOG_REQUEST_TIMEOUT_SECONDS: '5',
      ROOMLOG_READ_BACK_SETTLE_SECONDS: '0.2',
      ROOMLOG_POLL_MS: '20',
      ...variables,
    })
    if (!parsed.ok) throw new Error(parsed.message)
    const log = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' })
    const uptimeMs = () => uptime() * 1_000
    return startWriter(parsed.env, { clock: systemClock, uptimeMs, random: Math.random, log, ...pace(parsed.env) })
  }

  const read: Record<DestinationKind, (target: string) => Promise<string[]>> = {
    s3: (target) => linesOfBucket(s3, target, (body) => gunzipSync(body).toString()),
    cloudWatchLogs: async (logGroupName) => {
      const lines: string[] = []
      let nextToken: string | undefined
      do {
        const page = await logs.send(new FilterLogEventsCommand({ logGroupName, ...(nextToken && { nextToken }) }))
        for (const event of page.events ?? []) lines.push(event.message ?? '')
        nextToken = page.nextToken
      } while (nextToken)
      return lines
    },
    firehose: (target) => linesOfBucket(s3, outputOf(target), (body) => Buffer.from(body).toString()),
  }

  return {
    get aws() {
      return aws
    },
    /** Ends the stand-in; the answer starts it again where it was. */
    async closeAws() {
      const { port } = aws
      await aws.close()
      return async () => {
        aws = await startLocalAws({ dataDir, port })
      }
    },
    pool,
    journal,
    createTarget,
    addDestination,
    send,
    start,
    /** Ids in a destination, in its own order. */
    idsIn: async (kind: DestinationKind, target = TARGETS[kind]) =>
      (await read[kind](target)).map((line) => String(JSON.parse(line).payload.Id)),
    async close() {
      await pool.end()
      await aws.close()
      await database.drop()
      for (const client of [s3, logs, firehose]) client.destroy()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export type Pipeline = Awaited<ReturnType<typeof startPipeline>>

async function linesOfBucket(s3: S3Client, Bucket: string, open: (body: Uint8Array) => string): Promise<string[]> {
  const lines: string[] = []
  let ContinuationToken: string | undefined
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, ...(ContinuationToken && { ContinuationToken }) }))
    for (const { Key } of page.Contents ?? []) {
      const object = await s3.send(new GetObjectCommand({ Bucket, Key }))
      const body = await object.Body?.transformToByteArray()
      if (body) lines.push(...open(body).split('\n').filter(Boolean))
    }
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken)
  return lines
}
