import { z } from 'zod'
import { parseInput } from '../json-input.ts'
import { firehoseError } from './error.ts'
import {
  BUFFER_MB_DEFAULT,
  BUFFER_MB_MAX,
  BUFFER_SECONDS_DEFAULT,
  BUFFER_SECONDS_MAX,
  STREAM_NAME,
  TAGS_MAX,
} from './limits.ts'

export const DeliveryStreamName = z
  .string()
  .regex(STREAM_NAME, 'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+')

export const Tags = z
  .array(z.object({ Key: z.string().min(1).max(128), Value: z.string().max(256).optional() }))
  .min(1)
  .max(TAGS_MAX)

/** Only a DirectPut stream takes records by calls. */
const StreamType = z.enum(['DirectPut', 'KinesisStreamAsSource'])

/** A delivery stream as it is kept on disk. */
export const StreamConfig = z.object({
  name: z.string(),
  type: StreamType.default('DirectPut'),
  createdMs: z.number(),
  bucketArn: z.string(),
  roleArn: z.string(),
  prefix: z.string(),
  errorPrefix: z.string(),
  compression: z.enum(['UNCOMPRESSED', 'GZIP']),
  fileExtension: z.string(),
  bufferBytes: z.number(),
  bufferMs: z.number(),
  tags: z.record(z.string(), z.string()),
})
export type StreamConfig = z.infer<typeof StreamConfig>

/** Reads the input of CreateDeliveryStream. */
export function streamConfig(raw: unknown, createdMs: number): StreamConfig {
  const input = parseInput(CreateInput, raw, 'ValidationException')
  const type = StreamType.safeParse(input.DeliveryStreamType ?? 'DirectPut')
  if (!type.success) {
    throw firehoseError(
      'InvalidArgumentException',
      `The stand-in has streams of ${StreamType.options.join(' and ')} only.`,
    )
  }
  const s3 = input.ExtendedS3DestinationConfiguration ?? input.S3DestinationConfiguration
  if (s3 === undefined) throw firehoseError('InvalidArgumentException', 'The stand-in delivers to S3 only.')
  const prefix = s3.Prefix ?? ''
  if (prefix.includes('!{')) throw firehoseError('InvalidArgumentException', 'The stand-in has no prefix expressions.')
  return {
    name: input.DeliveryStreamName,
    type: type.data,
    createdMs,
    bucketArn: s3.BucketARN,
    roleArn: s3.RoleARN,
    prefix,
    errorPrefix: s3.ErrorOutputPrefix ?? '',
    compression: s3.CompressionFormat ?? 'UNCOMPRESSED',
    fileExtension: s3.FileExtension ?? '',
    bufferBytes: (s3.BufferingHints?.SizeInMBs ?? BUFFER_MB_DEFAULT) * 1024 * 1024,
    bufferMs: (s3.BufferingHints?.IntervalInSeconds ?? BUFFER_SECONDS_DEFAULT) * 1000,
    tags: Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key, tag.Value ?? ''])),
  }
}

/** The members that DescribeDeliveryStream answers. */
export function describeStream(config: StreamConfig, arn: string) {
  const s3 = {
    RoleARN: config.roleArn,
    BucketARN: config.bucketArn,
    Prefix: config.prefix,
    ErrorOutputPrefix: config.errorPrefix,
    BufferingHints: { SizeInMBs: config.bufferBytes / 1024 / 1024, IntervalInSeconds: config.bufferMs / 1000 },
    CompressionFormat: config.compression,
    EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
    CloudWatchLoggingOptions: { Enabled: false },
  }
  return {
    DeliveryStreamName: config.name,
    DeliveryStreamARN: arn,
    DeliveryStreamStatus: 'ACTIVE',
    DeliveryStreamEncryptionConfiguration: { Status: 'DISABLED' },
    DeliveryStreamType: config.type,
    VersionId: '1',
    CreateTimestamp: config.createdMs / 1000,
    Destinations: [
      {
        DestinationId: 'destinationId-000000000001',
        S3DestinationDescription: s3,
        ExtendedS3DestinationDescription: { ...s3, FileExtension: config.fileExtension, S3BackupMode: 'Disabled' },
      },
    ],
    HasMoreDestinations: false,
  }
}

const S3Destination = z.object({
  RoleARN: z.string().regex(/^arn:.+/, 'Member must be an ARN'),
  BucketARN: z.string().regex(/^arn:[^:]+:s3:::.+/, 'Member must be the ARN of a bucket'),
  Prefix: z.string().max(1024).optional(),
  ErrorOutputPrefix: z.string().max(1024).optional(),
  CompressionFormat: z.enum(['UNCOMPRESSED', 'GZIP']).optional(),
  FileExtension: z
    .string()
    .regex(/^$|^\.[0-9a-z!\-_.*'()]+$/)
    .max(128)
    .optional(),
  BufferingHints: z
    .object({
      SizeInMBs: z.int().min(1).max(BUFFER_MB_MAX).optional(),
      IntervalInSeconds: z.int().min(0).max(BUFFER_SECONDS_MAX).optional(),
    })
    .optional(),
})

const CreateInput = z.object({
  DeliveryStreamName,
  DeliveryStreamType: z.string().optional(),
  S3DestinationConfiguration: S3Destination.optional(),
  ExtendedS3DestinationConfiguration: S3Destination.optional(),
  Tags: Tags.optional(),
})
