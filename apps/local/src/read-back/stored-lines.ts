import { gunzipSync } from 'node:zlib'
import { DescribeLogStreamsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import type { AwsClients } from '../aws-clients.ts'
import type { DestinationNames } from '../destinations.ts'
import { listObjects, readObjects } from './s3-objects.ts'

/** A record as a destination has it. */
export type StoredLine = {
  /** The record's JSON. */
  readonly line: string
  /** Key of the object, or name of the stream, that holds it. */
  readonly source: string
  /** Room that the destination puts it under; a delivery stream says nothing of rooms. */
  readonly roomId: string | undefined
  /** When it could be read, in the time of the store. */
  readonly visibleAtMs: number
}

const LOG_STREAM_PREFIX = 'aws/IVSChatLogs/1.0/room_'
const LOG_EVENTS_MAX = 10_000

/** What is in the bucket of the S3 destination: keys in order, then lines. */
export async function* linesInS3(
  { s3 }: AwsClients,
  { bucket }: DestinationNames,
  signal: AbortSignal,
): AsyncGenerator<StoredLine> {
  const objects = await listObjects(s3, bucket, 'AWSLogs/', signal)
  for await (const { key, lastModifiedMs, bytes } of readObjects(s3, bucket, objects, signal)) {
    const roomId = /\/room_([^/]+)\//.exec(key)?.[1] ?? key
    for (const line of linesOf(gunzipSync(bytes))) yield { line, source: key, roomId, visibleAtMs: lastModifiedMs }
  }
}

/** What is in the log group: each stream from its head. */
export async function* linesInLogs(
  { logs }: AwsClients,
  { logGroup }: DestinationNames,
  signal: AbortSignal,
): AsyncGenerator<StoredLine> {
  for (const stream of await listStreams({ logs }, logGroup, signal)) {
    const roomId = stream.slice(LOG_STREAM_PREFIX.length)
    let token: string | undefined
    for (;;) {
      const page = await logs.send(
        new GetLogEventsCommand({
          logGroupName: logGroup,
          logStreamName: stream,
          startFromHead: true,
          limit: LOG_EVENTS_MAX,
          ...(token ? { nextToken: token } : {}),
        }),
        { abortSignal: signal },
      )
      for (const { message, ingestionTime } of page.events ?? []) {
        if (message !== undefined) yield { line: message, source: stream, roomId, visibleAtMs: ingestionTime ?? 0 }
      }
      // The end of a stream answers with the token that it was given.
      if (page.nextForwardToken === undefined || page.nextForwardToken === token) break
      token = page.nextForwardToken
    }
  }
}

/** What the delivery stream put into its bucket, oldest first. */
export async function* linesInDeliveries(
  { s3 }: AwsClients,
  { deliveryBucket, deliveryPrefix }: DestinationNames,
  signal: AbortSignal,
): AsyncGenerator<StoredLine> {
  const objects = await listObjects(s3, deliveryBucket, deliveryPrefix, signal)
  // Their keys end in random characters: of one second's objects, the keys do not tell the order.
  objects.sort((a, b) => a.lastModifiedMs - b.lastModifiedMs)
  for await (const { key, lastModifiedMs, bytes } of readObjects(s3, deliveryBucket, objects, signal)) {
    for (const line of linesOf(bytes)) yield { line, source: key, roomId: undefined, visibleAtMs: lastModifiedMs }
  }
}

async function listStreams(
  { logs }: Pick<AwsClients, 'logs'>,
  logGroup: string,
  signal: AbortSignal,
): Promise<string[]> {
  const names: string[] = []
  let token: string | undefined
  do {
    const page = await logs.send(
      new DescribeLogStreamsCommand({
        logGroupName: logGroup,
        logStreamNamePrefix: LOG_STREAM_PREFIX,
        ...(token ? { nextToken: token } : {}),
      }),
      { abortSignal: signal },
    )
    for (const { logStreamName } of page.logStreams ?? []) if (logStreamName !== undefined) names.push(logStreamName)
    token = page.nextToken
  } while (token !== undefined)
  return names
}

function linesOf(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  return text.split('\n').filter((line) => line !== '')
}
