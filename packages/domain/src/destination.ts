import { z } from 'zod'
import type { AccountId, DestinationVersionId, LoggingConfigurationId } from './id.ts'
import {
  BUCKET_NAME_LENGTH_MAX,
  BUCKET_NAME_LENGTH_MIN,
  DELIVERY_STREAM_NAME_LENGTH_MAX,
  LOG_GROUP_NAME_LENGTH_MAX,
} from './limits.ts'
import { StoredText } from './text.ts'

/** What a destination is, as a configuration names it. */
export const DestinationKind = z.enum(['s3', 'cloudWatchLogs', 'firehose'])
export type DestinationKind = z.infer<typeof DestinationKind>

/** Where records go: a kind, and the name of the bucket, log group or delivery stream. */
export type Destination = { readonly kind: DestinationKind; readonly target: string }

/** Where a logging configuration pointed at a time; never changed once made. */
export type DestinationVersion = {
  readonly id: DestinationVersionId
  readonly loggingConfigurationId: LoggingConfigurationId
  readonly accountId: AccountId
  readonly region: string
  readonly kind: DestinationKind
  readonly target: string
}

export type DestinationConfiguration =
  | { s3: { bucketName: string } }
  | { cloudWatchLogs: { logGroupName: string } }
  | { firehose: { deliveryStreamName: string } }

/** A destination as callers write it: exactly one of its three members. */
export const DestinationConfiguration = z
  .object({
    s3: z
      .object({
        bucketName: StoredText.min(BUCKET_NAME_LENGTH_MIN)
          .max(BUCKET_NAME_LENGTH_MAX)
          .regex(/^[a-z0-9-.]+$/, 'Must be lower-case letters, digits, - and .'),
      })
      .optional(),
    cloudWatchLogs: z
      .object({
        logGroupName: StoredText.min(1)
          .max(LOG_GROUP_NAME_LENGTH_MAX)
          .regex(/^[.\-_/#A-Za-z0-9]+$/, 'Must be letters, digits and . - _ / #'),
      })
      .optional(),
    firehose: z
      .object({
        deliveryStreamName: StoredText.min(1)
          .max(DELIVERY_STREAM_NAME_LENGTH_MAX)
          .regex(/^[a-zA-Z0-9_.-]+$/, 'Must be letters, digits and _ . -'),
      })
      .optional(),
  })
  .transform(({ s3, cloudWatchLogs, firehose }, context): DestinationConfiguration => {
    const given: DestinationConfiguration[] = []
    if (s3) given.push({ s3 })
    if (cloudWatchLogs) given.push({ cloudWatchLogs })
    if (firehose) given.push({ firehose })
    const [only, ...rest] = given
    if (only !== undefined && rest.length === 0) return only
    context.addIssue('Must have exactly one of s3, cloudWatchLogs, firehose')
    return z.NEVER
  })

/** A destination as answers show it. */
export const DestinationConfigured = z.union([
  z.object({ s3: z.object({ bucketName: z.string() }) }),
  z.object({ cloudWatchLogs: z.object({ logGroupName: z.string() }) }),
  z.object({ firehose: z.object({ deliveryStreamName: z.string() }) }),
])

export function destinationOf(configuration: DestinationConfiguration): Destination {
  if ('s3' in configuration) return { kind: 's3', target: configuration.s3.bucketName }
  if ('firehose' in configuration) return { kind: 'firehose', target: configuration.firehose.deliveryStreamName }
  return { kind: 'cloudWatchLogs', target: configuration.cloudWatchLogs.logGroupName }
}

export function configurationOf({ kind, target }: Destination): DestinationConfiguration {
  switch (kind) {
    case 's3':
      return { s3: { bucketName: target } }
    case 'cloudWatchLogs':
      return { cloudWatchLogs: { logGroupName: target } }
    case 'firehose':
      return { firehose: { deliveryStreamName: target } }
  }
}
