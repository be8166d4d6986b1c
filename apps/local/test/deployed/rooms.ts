import type { RoomlogClient } from '@roomlog/client'
import { createDestinations, type DestinationNames } from '../../src/destinations.ts'
import type { Change } from './judge.ts'
import type { Site } from './site.ts'
import type { Room } from './traffic.ts'

/** Above anything that the tests reach. */
const RATE = 1_000_000
const RATES = [
  'SEND_MESSAGE',
  'SEND_EVENT',
  'CREATE_ROOM',
  'UPDATE_ROOM',
  'CREATE_LOGGING_CONFIGURATION',
  'GET_LOGGING_CONFIGURATION',
  'UPDATE_LOGGING_CONFIGURATION',
  'DELETE_LOGGING_CONFIGURATION',
  'DELIVERY_STATUS',
]

export const RATE_SETTINGS = {
  ROOMLOG_ROOM_RATE_MAX: String(RATE),
  ...Object.fromEntries(RATES.map((name) => [`ROOMLOG_RATE_${name}`, String(RATE)])),
}

/** Three destinations of each kind and the logging configurations that lead to them. */
export type Trio = { readonly names: DestinationNames; readonly arns: readonly string[] }

/** Makes a bucket, a log group and a delivery stream of that name, and a logging configuration for each. */
export async function createTrio({ aws }: Site, client: RoomlogClient, name: string): Promise<Trio> {
  const names = {
    bucket: name,
    logGroup: `/chat/${name}`,
    deliveryStream: name,
    deliveryBucket: `${name}-stream`,
    deliveryPrefix: 'chat/',
  }
  await createDestinations(aws, names, { bufferSeconds: 1, signal: AbortSignal.timeout(10_000) })
  const arns: string[] = []
  for (const destinationConfiguration of destinationsOf(names)) {
    const { arn } = await client.loggingConfiguration.create.mutate({ destinationConfiguration })
    arns.push(arn)
  }
  return { names, arns }
}

/** One of each kind, in the order of a trio's ARNs. */
export function destinationsOf(names: DestinationNames) {
  return [
    { s3: { bucketName: names.bucket } },
    { cloudWatchLogs: { logGroupName: names.logGroup } },
    { firehose: { deliveryStreamName: names.deliveryStream } },
  ]
}

/** New rooms that list these logging configurations. */
export async function createRooms(
  client: RoomlogClient,
  count: number,
  loggingConfigurationIdentifiers: readonly string[],
): Promise<readonly Room[]> {
  const rooms = Array.from({ length: count }, async () => {
    const { id, arn } = await client.room.create.mutate({
      maximumMessageRatePerSecond: RATE,
      loggingConfigurationIdentifiers: [...loggingConfigurationIdentifiers],
    })
    return { id, arn }
  })
  return Promise.all(rooms)
}

/** Sets a room's list, and says when. */
export async function relist(client: RoomlogClient, room: Room, arns: readonly string[]): Promise<Change> {
  const calledMs = performance.now()
  await client.room.update.mutate({ identifier: room.arn, loggingConfigurationIdentifiers: [...arns] })
  return { calledMs, answeredMs: performance.now(), attached: arns.length > 0 }
}
