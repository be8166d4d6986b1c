import {
  CreateDeliveryStreamCommand,
  DeleteDeliveryStreamCommand,
  DescribeDeliveryStreamCommand,
  FirehoseClient,
  ListDeliveryStreamsCommand,
  PutRecordBatchCommand,
  PutRecordCommand,
  TagDeliveryStreamCommand,
} from '@aws-sdk/client-firehose'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { conformanceEndpoint, refusal, uniqueName } from './endpoint.contract.ts'
import { conformanceEnv } from './env.ts'

const endpoint = conformanceEndpoint()
const Bucket = uniqueName('firehose')
const DeliveryStreamName = uniqueName('stream')
const RoleARN = conformanceEnv.firehoseRoleArn
let firehose: FirehoseClient
let s3: S3Client

beforeAll(async () => {
  firehose = new FirehoseClient(endpoint.clientOptions())
  s3 = new S3Client(endpoint.clientOptions())
  await s3.send(new CreateBucketCommand({ Bucket }))
  await firehose.send(new CreateDeliveryStreamCommand(streamInput(DeliveryStreamName, 0)))
  await until(async () => (await describeStream()).DeliveryStreamStatus === 'ACTIVE')
})

afterAll(async () => {
  await firehose.send(new DeleteDeliveryStreamCommand({ DeliveryStreamName }))
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }))
  if (Contents !== undefined) {
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } }))
  }
  await s3.send(new DeleteBucketCommand({ Bucket }))
  firehose.destroy()
  s3.destroy()
})

describe('streams', () => {
  test('a stream is made once, described, tagged and listed', async () => {
    expect(
      (await refusal(firehose.send(new CreateDeliveryStreamCommand(streamInput(DeliveryStreamName, 60))))).name,
    ).toBe('ResourceInUseException')
    const found = await describeStream()
    expect(found.DeliveryStreamARN).toMatch(new RegExp(`:deliverystream/${DeliveryStreamName}$`))
    expect(found.Destinations?.[0]?.ExtendedS3DestinationDescription).toMatchObject({
      BucketARN: `arn:aws:s3:::${Bucket}`,
      BufferingHints: { IntervalInSeconds: 0, SizeInMBs: 1 },
    })
    await firehose.send(
      new TagDeliveryStreamCommand({ DeliveryStreamName, Tags: [{ Key: 'LogDeliveryEnabled', Value: 'true' }] }),
    )
    const listed = await firehose.send(new ListDeliveryStreamsCommand({ Limit: 10_000 }))
    expect(listed.DeliveryStreamNames).toContain(DeliveryStreamName)
  })

  test('a stream that is not there is ResourceNotFoundException', async () => {
    const none = uniqueName('none')
    const calls = [
      firehose.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName: none })),
      firehose.send(new PutRecordCommand({ DeliveryStreamName: none, Record: { Data: Buffer.from('x') } })),
      firehose.send(new PutRecordBatchCommand({ DeliveryStreamName: none, Records: [{ Data: Buffer.from('x') }] })),
    ]
    for (const call of calls) expect(await refusal(call)).toEqual({ name: 'ResourceNotFoundException', status: 400 })
  })

  test('names and buffering hints have limits', async () => {
    const wrong = [
      streamInput('a b', 60),
      streamInput('s'.repeat(65), 60),
      streamInput(uniqueName('s'), 901),
      streamInput(uniqueName('s'), 60, 129),
      streamInput(uniqueName('s'), 60, 0),
    ]
    for (const input of wrong) {
      expect((await refusal(firehose.send(new CreateDeliveryStreamCommand(input)))).status).toBe(400)
    }
  })
})

describe('records', () => {
  test('accepted records come out in the bucket under AWS-shaped keys, with nothing put between them', async () => {
    const records = Array.from({ length: 5 }, (_, index) => `{"batch":${index}}\n`)
    const answer = await putBatch(records.map((record) => Buffer.from(record)))
    expect(answer.FailedPutCount).toBe(0)
    expect(answer.RequestResponses?.every(({ RecordId }) => RecordId !== undefined)).toBe(true)
    await firehose.send(new PutRecordCommand({ DeliveryStreamName, Record: { Data: Buffer.from('single\n') } }))
    await until(async () => (await delivered()).text.includes('single\n'))
    const { keys, text } = await delivered()
    expect(text).toContain(records.join(''))
    const stamp = '\\d{4}-\\d\\d-\\d\\d-\\d\\d-\\d\\d-\\d\\d'
    const key = new RegExp(`^in/\\d{4}/\\d\\d/\\d\\d/\\d\\d/${DeliveryStreamName}-1-${stamp}-[0-9a-f-]{36}$`)
    for (const found of keys) expect(found).toMatch(key)
  })

  test('a batch holds 1 to 500 records', async () => {
    const records = Array.from({ length: 501 }, () => Buffer.from('count\n'))
    expect((await refusal(putBatch(records))).status).toBe(400)
    expect((await refusal(putBatch([]))).status).toBe(400)
    expect((await putBatch(records.slice(1))).FailedPutCount).toBe(0)
  })

  test('a record has at most 1,024,000 bytes before base64', async () => {
    expect((await putBatch([Buffer.alloc(1_024_000, 'x')])).FailedPutCount).toBe(0)
    expect((await refusal(putBatch([Buffer.alloc(1_024_001, 'x')]))).status).toBe(400)
  })

  test('a batch has at most 4 MiB', async () => {
    const quarter = Buffer.alloc(1_000_000, 'x')
    expect((await putBatch([quarter, quarter, quarter, quarter])).FailedPutCount).toBe(0)
    const full = Buffer.alloc(1_024_000, 'x')
    expect((await refusal(putBatch([full, full, full, full, full]))).status).toBe(400)
  })
})

function streamInput(name: string, IntervalInSeconds: number, SizeInMBs = 1) {
  return {
    DeliveryStreamName: name,
    DeliveryStreamType: 'DirectPut' as const,
    ExtendedS3DestinationConfiguration: {
      RoleARN,
      BucketARN: `arn:aws:s3:::${Bucket}`,
      Prefix: 'in/',
      BufferingHints: { IntervalInSeconds, SizeInMBs },
    },
  }
}

async function describeStream() {
  const answer = await firehose.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName }))
  return (
    answer.DeliveryStreamDescription ?? {
      DeliveryStreamARN: undefined,
      DeliveryStreamStatus: undefined,
      Destinations: [],
    }
  )
}

function putBatch(records: readonly Buffer[]) {
  return firehose.send(new PutRecordBatchCommand({ DeliveryStreamName, Records: records.map((Data) => ({ Data })) }))
}

async function delivered(): Promise<{ keys: string[]; text: string }> {
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }))
  const keys = (Contents ?? [])
    .sort((a, b) => Number(a.LastModified) - Number(b.LastModified))
    .map(({ Key }) => Key ?? '')
  const texts = await Promise.all(
    keys.map(async (Key) => (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()),
  )
  return { keys, text: texts.join('') }
}

async function until(holds: () => Promise<boolean>) {
  const deadline = Date.now() + 180_000
  while (!(await holds())) if (Date.now() > deadline) throw new Error('It did not come to be in time.')
}
