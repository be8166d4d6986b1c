import { gunzipSync } from 'node:zlib'
import { DescribeLogStreamsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import type { AwsClients } from '../aws-clients.ts'
import type { DestinationNames } from '../destinations.ts'
import { type Reading, ReadingBuilder } from './reading.ts'
import { listObjects, readObjects } from './s3-objects.ts'

const LOG_STREAM_PREFIX = 'aws/IVSChatLogs/1.0/room_'
const LOG_EVENTS_MAX = 10_000

/** Reads the bucket of the S3 destination: keys in order, then lines. */
export async function readS3({ s3 }: AwsClients, { bucket }: DestinationNames, signal: AbortSignal): Promise<Reading> {
  const builder = new ReadingBuilder()
  const objects = await listObjects(s3, bucket, 'AWSLogs/', signal)
  for await (const { key, lastModifiedMs, bytes } of readObjects(s3, bucket, objects, signal)) {
    const room = /\/room_([^/]+)\//.exec(key)?.[1] ?? key
    for (const line of linesOf(gunzipSync(bytes))) builder.add(line, room, lastModifiedMs)
  }
  return builder.reading(`s3://${bucket} (${objects.length} objects)`)
}

/** Reads the log group: each stream from its head. */
export async function readCloudWatchLogs(
  { logs }: AwsClients,
  { logGroup }: DestinationNames,
  signal: AbortSignal,
): Promise<Reading> {
  const builder = new ReadingBuilder()
  const streams = await listStreams({ logs }, logGroup, signal)
  for (const stream of streams) {
    const room = stream.slice(LOG_STREAM_PREFIX.length)
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
        if (message !== undefined) builder.add(message, room, ingestionTime ?? 0)
      }
      // The end of a stream answers with the token that it was given.
      if (page.nextForwardToken === undefined || page.nextForwardToken === token) break
      token = page.nextForwardToken
    }
  }
  return builder.reading(`${logGroup} (${streams.length} streams)`)
}

/** Reads what the delivery stream put into its bucket; a record says nothing of its room, so the room is found by Id. */
export async function readFirehose(
  { s3 }: AwsClients,
  { deliveryStream, deliveryBucket, deliveryPrefix }: DestinationNames,
  roomOf: (id: string) => string,
  signal: AbortSignal,
): Promise<Reading> {
  const builder = new ReadingBuilder()
  const objects = await listObjects(s3, deliveryBucket, deliveryPrefix, signal)
  // Their keys end in random characters: of one second's objects, the keys do not tell the order.
  objects.sort((a, b) => a.lastModifiedMs - b.lastModifiedMs)
  for await (const { lastModifiedMs, bytes } of readObjects(s3, deliveryBucket, objects, signal)) {
    for (const line of linesOf(bytes)) builder.add(line, roomOf, lastModifiedMs)
  }
  return builder.reading(`${deliveryStream} to s3://${deliveryBucket}/${deliveryPrefix} (${objects.length} objects)`)
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
