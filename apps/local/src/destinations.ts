import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs'
import { CreateDeliveryStreamCommand } from '@aws-sdk/client-firehose'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import type { AwsClients } from './aws-clients.ts'

/** The three places that the demo room records to. */
export type DestinationNames = {
  readonly bucket: string
  readonly logGroup: string
  readonly deliveryStream: string
  /** Where the delivery stream puts what it gets. */
  readonly deliveryBucket: string
  readonly deliveryPrefix: string
}

export const DEMO_DESTINATIONS: DestinationNames = {
  bucket: 'roomlog-demo',
  logGroup: '/roomlog/demo',
  deliveryStream: 'roomlog-demo',
  deliveryBucket: 'roomlog-demo-firehose',
  deliveryPrefix: 'chat/',
}

const ALREADY_THERE = new Set([
  'BucketAlreadyOwnedByYou',
  'BucketAlreadyExists',
  'ResourceAlreadyExistsException',
  'ResourceInUseException',
])

/** Makes the buckets, the log group and the delivery stream that are missing. */
export async function createDestinations(
  { s3, logs, firehose }: AwsClients,
  names: DestinationNames,
  { bufferSeconds, signal }: { readonly bufferSeconds: number; readonly signal: AbortSignal },
): Promise<void> {
  const options = { abortSignal: signal }
  await unlessThere(s3.send(new CreateBucketCommand({ Bucket: names.bucket }), options))
  await unlessThere(s3.send(new CreateBucketCommand({ Bucket: names.deliveryBucket }), options))
  await unlessThere(logs.send(new CreateLogGroupCommand({ logGroupName: names.logGroup }), options))
  await unlessThere(
    firehose.send(
      new CreateDeliveryStreamCommand({
        DeliveryStreamName: names.deliveryStream,
        DeliveryStreamType: 'DirectPut',
        ExtendedS3DestinationConfiguration: {
          RoleARN: 'arn:aws:iam::000000000000:role/roomlog-local',
          BucketARN: `arn:aws:s3:::${names.deliveryBucket}`,
          Prefix: names.deliveryPrefix,
          BufferingHints: { SizeInMBs: 1, IntervalInSeconds: bufferSeconds },
          CompressionFormat: 'UNCOMPRESSED',
        },
      }),
      options,
    ),
  )
}

async function unlessThere(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof Error && ALREADY_THERE.has(error.name))) throw error
  }
}
