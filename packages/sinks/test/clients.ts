import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { FirehoseClient } from '@aws-sdk/client-firehose'
import { S3Client } from '@aws-sdk/client-s3'

export type Clients = {
  readonly s3: S3Client
  readonly logs: CloudWatchLogsClient
  readonly firehose: FirehoseClient
  close(): void
}

/** Clients as the writer has them: one attempt, and an answer within `requestTimeoutMs`. */
export function createClients(
  url: string,
  {
    requestTimeoutMs = 5_000,
    maxAttempts = 1,
    requestChecksumCalculation = 'WHEN_SUPPORTED',
  }: {
    readonly requestTimeoutMs?: number
    readonly maxAttempts?: number
    readonly requestChecksumCalculation?: 'WHEN_SUPPORTED' | 'WHEN_REQUIRED'
  } = {},
): Clients {
  const options = {
    endpoint: url,
    region: 'us-west-2',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts,
    requestHandler: { requestTimeout: requestTimeoutMs, throwOnRequestTimeout: true },
  }
  const s3 = new S3Client({ ...options, forcePathStyle: true, requestChecksumCalculation })
  const logs = new CloudWatchLogsClient(options)
  const firehose = new FirehoseClient(options)
  return {
    s3,
    logs,
    firehose,
    close: () => {
      for (const client of [s3, logs, firehose]) client.destroy()
    },
  }
}
