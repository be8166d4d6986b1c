import type { RoomlogClient } from '@roomlog/client'
import type { AwsClients } from '../aws-clients.ts'
import { ensureConfigurations } from '../demo-room.ts'
import { createDestinations, DEMO_DESTINATIONS } from '../destinations.ts'
import type { System } from '../system.ts'
import { conversation } from './conversation.ts'
import { createRooms } from './create-rooms.ts'
import { deliveredSoFar, killWriterEvery } from './kill-writer.ts'
import { Ledger } from './ledger.ts'
import { createProgress } from './progress.ts'
import { readRequests } from './read-file.ts'
import { count, firstRecords, problemsOf, table } from './report.ts'
import { readEverything } from './results.ts'
import { send } from './send.ts'
import { FIREHOSE_BUFFER_SECONDS, ROOM_RATE } from './settings.ts'
import { waitDelivered } from './wait-delivered.ts'

export type ConverseOptions = {
  /** The built-in conversation if undefined. */
  readonly file: string | undefined
  readonly limit: number | undefined
  readonly killWriterEverySeconds: number | undefined
  readonly system: System
  readonly client: RoomlogClient
  readonly clients: AwsClients
  readonly print: (text: string) => void
  readonly signal: AbortSignal
}

/** Sends, waits until all is delivered, reads back and reports; returns the exit code. */
export async function converse(options: ConverseOptions): Promise<number> {
  const { print, signal, file, system, client, clients } = options
  const progress = createProgress(process.stderr, Date.now)
  await createDestinations(clients, DEMO_DESTINATIONS, { bufferSeconds: FIREHOSE_BUFFER_SECONDS, signal })
  const loggingConfigurationIdentifiers = await ensureConfigurations(client, DEMO_DESTINATIONS, { signal })
  const ledger = new Ledger()
  const startedAtMs = Date.now()

  print(file === undefined ? 'Sending the built-in conversation ...' : `Sending ${file} ...`)
  const seconds = options.killWriterEverySeconds
  const killer =
    seconds === undefined ? undefined : killWriterEvery(seconds, system, () => deliveredSoFar(client, signal))
  const sent = await underKills(killer?.failed, async () => {
    const ticker = setInterval(() => progress.set(`  ${count(ledger.acknowledged)} acknowledged`), 100)
    try {
      return await send(file === undefined ? conversation() : readRequests(file, options.limit), {
        client,
        ledger,
        clock: Date.now,
        signal,
        createRoom: createRooms({
          create: (name) => createRoom(client, name, loggingConfigurationIdentifiers, signal),
          signal,
        }),
      })
    } finally {
      clearInterval(ticker)
      progress.end()
    }
  })
  const records = ledger.acknowledged
  const rate = sent.durationMs === 0 ? '' : `, ${count(Math.round((records / sent.durationMs) * 1000))} records/s`
  print(
    `${count(records)} requests in ${count(ledger.rooms.size)} rooms acknowledged in ${inSeconds(sent.durationMs)}${rate}`,
  )

  await underKills(killer?.failed, () =>
    waitDelivered({
      client,
      clock: Date.now,
      signal,
      onBacklog: (backlog) => progress.set(`  ${count(backlog)} records still to be delivered`),
    }),
  )
  progress.end()
  print(`All delivered ${inSeconds(Date.now() - startedAtMs)} after the first send`)
  const kills = await killer?.stop()
  if (kills !== undefined) print(`The writer was killed ${kills} times on the way`)

  const results = await readEverything(ledger, clients, progress, signal)
  print(`\n${table(records, results)}\n\n${firstRecords(results)}\n`)
  const problems = problemsOf(results, ledger.refusals)
  if (problems.length === 0) {
    print('Every record is in every destination.')
    return 0
  }
  print(problems.map((problem) => `Not as it should be: ${problem}`).join('\n'))
  return 1
}

async function createRoom(
  client: RoomlogClient,
  name: string,
  loggingConfigurationIdentifiers: string[],
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly arn: string }> {
  return client.room.create.mutate(
    {
      name: name.replaceAll(/[^a-zA-Z0-9-_]/g, '-').slice(0, 128),
      maximumMessageRatePerSecond: ROOM_RATE,
      loggingConfigurationIdentifiers,
    },
    { signal },
  )
}

function underKills<T>(failed: Promise<never> | undefined, work: () => Promise<T>): Promise<T> {
  return failed === undefined ? work() : Promise.race([work(), failed])
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
