import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { FirehoseClient } from '@aws-sdk/client-firehose'
import { S3Client } from '@aws-sdk/client-s3'
import type { StandInKey } from './credentials.ts'

export type AwsClients = {
  readonly s3: S3Client
  readonly logs: CloudWatchLogsClient
  readonly firehose: FirehoseClient
  close(): void
}

/** Plain SDK clients for the stand-in. */
export function standInClients(url: string, region: string, key: StandInKey): AwsClients {
  const options = { endpoint: url, region, credentials: key }
  const s3 = new S3Client({ ...options, forcePathStyle: true })
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
