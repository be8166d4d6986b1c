import type { RoomlogClient } from '@roomlog/client'
import type { DestinationNames } from '../destinations.ts'
import type { Service } from './rounds.ts'
import { ROOM_RATE } from './settings.ts'
import type { Room } from './traffic.ts'

const ROOMS = 200
const ROOMS_AT_ONCE = 10

/** Destinations of a chapter's own. */
export function namesOf(number: number): DestinationNames {
  return {
    bucket: `kills-${number}`,
    logGroup: `/kills/${number}`,
    deliveryStream: `kills-${number}`,
    deliveryBucket: `kills-${number}-firehose`,
    deliveryPrefix: 'chat/',
  }
}

/** Arns of the logging configurations that lead there. */
export async function createConfigurations(
  client: RoomlogClient,
  names: DestinationNames,
  signal: AbortSignal,
): Promise<{ readonly [service in Service]: string }> {
  type Input = Parameters<RoomlogClient['loggingConfiguration']['create']['mutate']>[0]
  const create = async (destinationConfiguration: Input['destinationConfiguration']): Promise<string> => {
    const { arn } = await client.loggingConfiguration.create.mutate({ destinationConfiguration }, { signal })
    return arn
  }
  return {
    s3: await create({ s3: { bucketName: names.bucket } }),
    logs: await create({ cloudWatchLogs: { logGroupName: names.logGroup } }),
    firehose: await create({ firehose: { deliveryStreamName: names.deliveryStream } }),
  }
}

/** Rooms that record to all of them. */
export async function createRooms(
  client: RoomlogClient,
  loggingConfigurationIdentifiers: string[],
  signal: AbortSignal,
): Promise<Room[]> {
  const rooms: Room[] = []
  while (rooms.length < ROOMS) {
    const some = Array.from({ length: ROOMS_AT_ONCE }, () =>
      client.room.create.mutate(
        { maximumMessageRatePerSecond: ROOM_RATE, loggingConfigurationIdentifiers },
        { signal },
      ),
    )
    for (const { id, arn } of await Promise.all(some)) rooms.push({ id, arn })
  }
  return rooms
}
