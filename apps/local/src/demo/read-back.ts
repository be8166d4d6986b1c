import type { AwsClients } from '../aws-clients.ts'
import type { DestinationNames } from '../destinations.ts'
import { linesInDeliveries, linesInLogs, linesInS3, type StoredLine } from '../read-back/stored-lines.ts'
import { type Reading, ReadingBuilder } from './reading.ts'

/** Reads the bucket of the S3 destination: keys in order, then lines. */
export function readS3(clients: AwsClients, names: DestinationNames, signal: AbortSignal): Promise<Reading> {
  return readAll(linesInS3(clients, names, signal), (objects) => `s3://${names.bucket} (${objects} objects)`)
}

/** Reads the log group: each stream from its head. */
export function readCloudWatchLogs(
  clients: AwsClients,
  names: DestinationNames,
  signal: AbortSignal,
): Promise<Reading> {
  return readAll(linesInLogs(clients, names, signal), (streams) => `${names.logGroup} (${streams} streams)`)
}

/** Reads what the delivery stream put into its bucket; a record says nothing of its room, so the room is found by Id. */
export function readFirehose(
  clients: AwsClients,
  names: DestinationNames,
  roomOf: (id: string) => string,
  signal: AbortSignal,
): Promise<Reading> {
  const { deliveryStream, deliveryBucket, deliveryPrefix } = names
  return readAll(
    linesInDeliveries(clients, names, signal),
    (objects) => `${deliveryStream} to s3://${deliveryBucket}/${deliveryPrefix} (${objects} objects)`,
    roomOf,
  )
}

async function readAll(
  lines: AsyncIterable<StoredLine>,
  describe: (sources: number) => string,
  roomOf: (id: string) => string = (id) => id,
): Promise<Reading> {
  const builder = new ReadingBuilder()
  const sources = new Set<string>()
  for await (const { line, source, roomId, visibleAtMs } of lines) {
    sources.add(source)
    builder.add(line, roomId ?? roomOf, visibleAtMs)
  }
  return builder.reading(describe(sources.size))
}
