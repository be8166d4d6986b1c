import { setTimeout as sleep } from 'node:timers/promises'
import type { RoomlogClient } from '@roomlog/client'
import type { AwsClients } from '../aws-clients.ts'
import { waitDelivered } from '../demo/wait-delivered.ts'
import { createDestinations } from '../destinations.ts'
import { linesInDeliveries, linesInLogs, linesInS3, type StoredLine } from '../read-back/stored-lines.ts'
import { Book } from './book.ts'
import { inflict, type Scene, untilAllAwake } from './inflict.ts'
import { judge, type Verdict } from './judge.ts'
import { collect, type Times, timesOf } from './readings.ts'
import { createConfigurations, createRooms, namesOf } from './rooms.ts'
import type { Round, Service } from './rounds.ts'
import { CALL_MS, FIREHOSE_BUFFER_SECONDS } from './settings.ts'
import { startTraffic } from './traffic.ts'

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
export type Outcome = Verdict & Times & { readonly repeatsPossible: number }

export type Chapter = {
  /** Writers that slept through their leases in it. */
  readonly zombies: number
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
  const zombiesBefore = scene.tally.zombies
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
    zombies: scene.tally.zombies - zombiesBefore,
    book: book.counts,
    outcomes: {
      s3: await read(linesInS3(aws, names, signal), 's3'),
      logs: await read(linesInLogs(aws, names, signal), 'logs'),
      firehose: await read(linesInDeliveries(aws, names, signal), 'firehose'),
    },
  }
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
