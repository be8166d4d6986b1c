import { setTimeout as sleep } from 'node:timers/promises'
import type { RoomlogClient } from '@roomlog/client'
import { z } from 'zod'
import type { AwsClients } from '../aws-clients.ts'
import { percentile } from '../demo/compare.ts'
import { waitDelivered } from '../demo/wait-delivered.ts'
import { createDestinations, type DestinationNames } from '../destinations.ts'
import { linesInDeliveries, linesInLogs, linesInS3, type StoredLine } from '../read-back/stored-lines.ts'
import { Book } from './book.ts'
import { inflict, type Scene, untilAllAwake } from './inflict.ts'
import { type Found, judge, type Verdict } from './judge.ts'
import type { Round, Service } from './rounds.ts'
import { CALL_MS, FIREHOSE_BUFFER_SECONDS, ROOM_RATE } from './settings.ts'
import { type Room, startTraffic } from './traffic.ts'

const ROOMS = 200
const ROOMS_AT_ONCE = 10
const BACKLOG_EVERY_MS = 1_000

export type ChapterOptions = {
  readonly scene: Scene
  readonly number: number
  readonly rounds: readonly Round[]
  readonly clients: readonly [RoomlogClient, RoomlogClient]
  readonly aws: AwsClients
  /** Writers that must be ready before a round strikes. */
  readonly readyMin: number
  readonly onRound: (done: number, book: Book) => void
  readonly onBacklog: (backlog: number) => void
}

/** What one destination has of a chapter. */
export type Outcome = Verdict & {
  readonly repeatsPossible: number
  readonly delayP50Ms: number
  readonly delayMaxMs: number
  /** The longest time in which nothing arrived, while there was something to deliver. */
  readonly pauseMaxMs: number
}

export type Chapter = {
  readonly book: Book['counts']
  readonly outcomes: { readonly [service in Service]: Outcome }
}

/** Traffic and rounds on rooms and destinations of their own; then all is delivered, read back and judged. */
export async function playChapter(options: ChapterOptions): Promise<Chapter> {
  const { scene, number, rounds, clients, aws } = options
  const { notes, fleet, random, signal } = scene
  const [client] = clients
  const names = namesOf(number)
  await createDestinations(aws, names, { bufferSeconds: FIREHOSE_BUFFER_SECONDS, signal })
  const configurations = await createConfigurations(client, names, signal)
  const rooms = await createRooms(client, Object.values(configurations), signal)
  const book = new Book()
  const traffic = startTraffic({ clients, rooms, book, random, signal })
  const watching = watchBacklog(client, signal, traffic.see)
  try {
    await notes.delayAll(CALL_MS)
    for (const [index, round] of rounds.entries()) {
      await fleet.untilReady(options.readyMin)
      await inflict(scene, round)
      options.onRound(index + 1, book)
    }
    await untilAllAwake(scene)
  } finally {
    await watching.stop()
    await traffic.stop()
  }
  await notes.clear()
  await waitDelivered({ client, clock: Date.now, onBacklog: options.onBacklog, signal })
  await notes.flush()
  const possible = await repeatsPossible(client, signal)
  const read = async (lines: AsyncIterable<StoredLine>, service: Service): Promise<Outcome> => {
    const found = await collect(lines)
    return { ...judge(book, found), ...timesOf(found), repeatsPossible: possible.get(configurations[service]) ?? 0 }
  }
  return {
    book: book.counts,
    outcomes: {
      s3: await read(linesInS3(aws, names, signal), 's3'),
      logs: await read(linesInLogs(aws, names, signal), 'logs'),
      firehose: await read(linesInDeliveries(aws, names, signal), 'firehose'),
    },
  }
}

function namesOf(number: number): DestinationNames {
  return {
    bucket: `kills-${number}`,
    logGroup: `/kills/${number}`,
    deliveryStream: `kills-${number}`,
    deliveryBucket: `kills-${number}-firehose`,
    deliveryPrefix: 'chat/',
  }
}

/** Arns of the logging configurations. */
async function createConfigurations(
  client: RoomlogClient,
  names: DestinationNames,
  signal: AbortSignal,
): Promise<{ readonly [service in Service]: string }> {
  type Input = Parameters<RoomlogClient['loggingConfiguration']['create']['mutate']>[0]
  const create = async (destinationConfiguration: Input['destinationConfiguration']): Promise<string> => {
    const { arn, state } = await client.loggingConfiguration.create.mutate({ destinationConfiguration }, { signal })
    if (state !== 'ACTIVE') throw new Error(`${arn} is ${state}`)
    return arn
  }
  return {
    s3: await create({ s3: { bucketName: names.bucket } }),
    logs: await create({ cloudWatchLogs: { logGroupName: names.logGroup } }),
    firehose: await create({ firehose: { deliveryStreamName: names.deliveryStream } }),
  }
}

async function createRooms(
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

function watchBacklog(client: RoomlogClient, signal: AbortSignal, see: (backlog: number) => void) {
  const stopping = new AbortController()
  const ended = AbortSignal.any([signal, stopping.signal])
  const watch = async (): Promise<void> => {
    while (!ended.aborted) {
      // An api that is just being killed answers the next time.
      const status = await client.delivery.status.query({}, { signal: ended }).catch(() => undefined)
      if (status !== undefined) {
        see(status.loggingConfigurations.reduce((sum, { backlogRecords }) => sum + backlogRecords, 0))
      }
      await sleep(BACKLOG_EVERY_MS, undefined, { signal: ended }).catch(() => undefined)
    }
  }
  const watching = watch()
  return {
    stop: async (): Promise<void> => {
      stopping.abort()
      await watching
    },
  }
}

async function repeatsPossible(client: RoomlogClient, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const { loggingConfigurations } = await client.delivery.status.query({}, { signal })
  return new Map(
    loggingConfigurations.map(({ loggingConfigurationArn, counters }) => [
      loggingConfigurationArn,
      counters.repeatsPossible,
    ]),
  )
}

const Numbered = z.object({
  payload: z.object({
    Id: z.string(),
    SendTime: z.string(),
    Attributes: z.object({ n: z.coerce.number().int() }),
  }),
})

type Timed = Found & { readonly delayMs: number }

async function collect(lines: AsyncIterable<StoredLine>): Promise<Timed[]> {
  const found: Timed[] = []
  for await (const { line, roomId, visibleAtMs } of lines) {
    const { payload } = Numbered.parse(JSON.parse(line))
    const delayMs = Math.max(0, visibleAtMs - Date.parse(payload.SendTime))
    found.push({ number: payload.Attributes.n, id: payload.Id, roomId, visibleAtMs, delayMs })
  }
  return found
}

function timesOf(found: readonly Timed[]): Pick<Outcome, 'delayP50Ms' | 'delayMaxMs' | 'pauseMaxMs'> {
  const delays = found.map(({ delayMs }) => delayMs)
  const arrivals = Float64Array.from(found.map(({ visibleAtMs }) => visibleAtMs)).sort()
  let pauseMaxMs = 0
  for (let index = 1; index < arrivals.length; index += 1) {
    pauseMaxMs = Math.max(pauseMaxMs, (arrivals[index] ?? 0) - (arrivals[index - 1] ?? 0))
  }
  return { delayP50Ms: percentile(delays, 0.5) ?? 0, delayMaxMs: percentile(delays, 1) ?? 0, pauseMaxMs }
}
