import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { FirehoseClient } from '@aws-sdk/client-firehose'
import { S3Client } from '@aws-sdk/client-s3'
import { renewCredentials } from '@roomlog/sinks'
import { addressByPath } from '@roomlog/sinks/s3'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { Clients } from './destinations.ts'
import type { WriterEnv } from './env.ts'

const CONNECT_TIMEOUT_MS = 3_000

/** Makes SDK clients that never retry by themselves; credentials and endpoints come from the SDK's standard variables and files. */
export function createClients(env: WriterEnv, concurrency: { readonly s3: number; readonly other: number }): Clients {
  const region = env.AWS_REGION
  const timeoutMs = env.ROOMLOG_REQUEST_TIMEOUT_SECONDS * 1_000
  const always = { region, maxAttempts: 1 }
  return {
    s3: () => {
      const requestHandler = handler(env.ROOMLOG_S3_REQUEST_TIMEOUT_SECONDS * 1_000, concurrency.s3)
      return addressByPath(renewCredentials(new S3Client({ ...always, requestHandler })))
    },
    cloudWatchLogs: () => {
      const requestHandler = handler(timeoutMs, concurrency.other)
      return renewCredentials(new CloudWatchLogsClient({ ...always, requestHandler }))
    },
    firehose: () => {
      const requestHandler = handler(timeoutMs, concurrency.other)
      return renewCredentials(new FirehoseClient({ ...always, requestHandler }))
    },
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
