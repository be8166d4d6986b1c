import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { FirehoseClient } from '@aws-sdk/client-firehose'
import { S3Client } from '@aws-sdk/client-s3'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { Clients } from './destinations.ts'
import type { WriterEnv } from './env.ts'

const CONNECT_TIMEOUT_MS = 3_000

/** Makes SDK clients that never retry by themselves; credentials and endpoints come from the SDK's standard variables. */
export function createClients(env: WriterEnv, concurrency: { readonly s3: number; readonly other: number }): Clients {
  const region = env.AWS_REGION
  const timeoutMs = env.ROOMLOG_REQUEST_TIMEOUT_SECONDS * 1_000
  return {
    s3: () =>
      new S3Client({
        region,
        maxAttempts: 1,
        // A custom endpoint rarely has a host name a bucket.
        forcePathStyle: env.AWS_ENDPOINT_URL !== undefined || env.AWS_ENDPOINT_URL_S3 !== undefined,
        requestHandler: handler(env.ROOMLOG_S3_REQUEST_TIMEOUT_SECONDS * 1_000, concurrency.s3),
      }),
    cloudWatchLogs: () =>
      new CloudWatchLogsClient({ region, maxAttempts: 1, requestHandler: handler(timeoutMs, concurrency.other) }),
    firehose: () =>
      new FirehoseClient({ region, maxAttempts: 1, requestHandler: handler(timeoutMs, concurrency.other) }),
  }
}

function handler(requestTimeout: number, maxSockets: number): NodeHttpHandler {
  const agent = { keepAlive: true, maxSockets }
  return new NodeHttpHandler({
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout,
    throwOnRequestTimeout: true,
    httpAgent: new HttpAgent(agent),
    httpsAgent: new HttpsAgent(agent),
  })
}
