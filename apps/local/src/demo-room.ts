import { isRoomlogError, type RoomlogClient } from '@roomlog/client'
import type { DestinationNames } from './destinations.ts'
import { Failure } from './failure.ts'

const ROOM_NAME = 'demo'
const PAGES_MAX = 100

type Call = { readonly signal: AbortSignal }

/** Arn of the room called `demo`, made (with its three logging configurations) unless it is there. */
export async function ensureDemoRoom(client: RoomlogClient, names: DestinationNames, call: Call): Promise<string> {
  const { rooms } = await client.room.list.query({ name: ROOM_NAME, maxResults: 1 }, call)
  const [room] = rooms
  const identifiers = await ensureConfigurations(client, names, call)
  if (room === undefined) {
    const created = await client.room.create.mutate(
      { name: ROOM_NAME, loggingConfigurationIdentifiers: identifiers },
      call,
    )
    return created.arn
  }
  return room.arn
}

/** Arns of the logging configurations of the three destinations, made where they are missing. */
export async function ensureConfigurations(
  client: RoomlogClient,
  names: DestinationNames,
  call: Call,
): Promise<string[]> {
  const wanted = [
    { name: 'demo-s3', destinationConfiguration: { s3: { bucketName: names.bucket } } },
    { name: 'demo-cloudwatch-logs', destinationConfiguration: { cloudWatchLogs: { logGroupName: names.logGroup } } },
    { name: 'demo-firehose', destinationConfiguration: { firehose: { deliveryStreamName: names.deliveryStream } } },
  ]
  const there = await listConfigurations(client, call)
  const arns: string[] = []
  for (const input of wanted) {
    const found = there.find(({ name, state }) => name === input.name && state === 'ACTIVE')
    const configuration = found ?? (await createConfiguration(client, input, call))
    arns.push(configuration.arn)
  }
  return arns
}

type Configuration = Parameters<RoomlogClient['loggingConfiguration']['create']['mutate']>[0]

/** Where the destination cannot be used, which a person must put right, it says why. */
async function createConfiguration(
  client: RoomlogClient,
  input: Configuration,
  call: Call,
): Promise<{ readonly arn: string }> {
  try {
    return await client.loggingConfiguration.create.mutate(input, call)
  } catch (error) {
    if (!isRoomlogError(error)) throw error
    throw new Failure(`The logging configuration ${input.name} cannot be made: ${error.message}`)
  }
}

async function listConfigurations(
  client: RoomlogClient,
  call: Call,
): Promise<{ readonly name: string; readonly state: string; readonly arn: string }[]> {
  const found = []
  let nextToken: string | undefined
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await client.loggingConfiguration.list.query(nextToken === undefined ? {} : { nextToken }, call)
    found.push(...answer.loggingConfigurations)
    nextToken = answer.nextToken
    if (nextToken === undefined) break
  }
  return found
}
