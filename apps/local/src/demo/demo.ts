import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRoomlogClient, type RoomlogClient } from '@roomlog/client'
import type { DemoArguments } from '../arguments.ts'
import { type AwsClients, standInClients } from '../aws-clients.ts'
import { openCredentials, openSecrets } from '../credentials.ts'
import { ensureConfigurations } from '../demo-room.ts'
import { createDestinations, DEMO_DESTINATIONS } from '../destinations.ts'
import { Failure } from '../failure.ts'
import { letPass, openFolder } from '../folder.ts'
import { freePorts } from '../ports.ts'
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../start.ts'
import { type System, startSystem } from '../system.ts'
import { compare } from './compare.ts'
import { conversation } from './conversation.ts'
import { deliveredSoFar, killWriterEvery } from './kill-writer.ts'
import { Ledger } from './ledger.ts'
import { createProgress, type Progress } from './progress.ts'
import { readCloudWatchLogs, readFirehose, readS3 } from './read-back.ts'
import { findFile, readRequests } from './read-file.ts'
import type { Reading } from './reading.ts'
import { count, type DestinationResult, firstRecords, problemsOf, table } from './report.ts'
import { send } from './send.ts'
import { FIREHOSE_BUFFER_SECONDS, noteFor, ROOM_RATE, settingsFor } from './settings.ts'
import { waitDelivered } from './wait-delivered.ts'

/** The delivery stream buffers on its own after it has taken a record. */
const FIREHOSE_PATIENCE_MS = 60_000

export type DemoOptions = Omit<DemoArguments, 'command'> & {
  /** Folders that `file` may be relative to. */
  readonly from: readonly string[]
  readonly base: Readonly<Record<string, string>>
  readonly print: (text: string) => void
  readonly signal: AbortSignal
}

/** Sends a conversation through a system of its own and reads it back from each destination; returns the exit code. */
export async function demo(options: DemoOptions): Promise<number> {
  const { print, signal } = options
  const file = options.file === undefined ? undefined : findFile(options.file, options.from)
  const length = file === undefined ? 'short' : 'long'
  const path = await mkdtemp(join(tmpdir(), 'roomlog-demo-'))
  try {
    await letPass(path)
    const folder = await openFolder(path)
    const credentials = await openCredentials(folder, { accountId: LOCAL_ACCOUNT, region: LOCAL_REGION }, randomBytes)
    print(`Starting a system of its own in ${path} ...\n${noteFor(length)}`)
    const system = await startSystem({
      folder,
      credentials,
      ports: await freePorts(),
      secrets: await openSecrets(folder, randomBytes),
      database: { kind: 'embedded' },
      destinations: { kind: 'stand-in' },
      base: options.base,
      settings: settingsFor(length, options.killWriterEverySeconds !== undefined),
      signal,
    })
    const clients = standInClients(system.standInUrl ?? '', credentials.region)
    try {
      const client = createRoomlogClient({ url: system.apiUrl, accessKey: credentials })
      const failed = system.died.then((message) => Promise.reject(new Failure(message)))
      failed.catch(() => undefined)
      return await Promise.race([converse({ ...options, file }, system, client, clients), failed])
    } finally {
      clients.close()
      await system.close()
    }
  } finally {
    if (options.keep) print(`Everything is kept in ${path}`)
    else await rm(path, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function converse(
  options: DemoOptions,
  system: System,
  client: RoomlogClient,
  clients: AwsClients,
): Promise<number> {
  const { print, signal, file } = options
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
        createRoom: (name) => createRoom(client, name, loggingConfigurationIdentifiers, signal),
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

  const results = await readBack(ledger, clients, progress, signal)
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

async function readBack(
  ledger: Ledger,
  clients: AwsClients,
  progress: Progress,
  signal: AbortSignal,
): Promise<DestinationResult[]> {
  const resultOf = (name: string, once: boolean, reading: Reading): DestinationResult => {
    return { name, once, reading, comparison: compare(ledger.rooms, reading.rooms) }
  }
  progress.set('  reading S3 back')
  const s3 = resultOf('S3', true, await readS3(clients, DEMO_DESTINATIONS, signal))
  progress.set('  reading CloudWatch Logs back')
  const logs = resultOf('CloudWatch Logs', true, await readCloudWatchLogs(clients, DEMO_DESTINATIONS, signal))
  progress.set('  reading Firehose back')
  const firehose = await readFirehoseBack(ledger, clients, (reading) => resultOf('Firehose', false, reading), signal)
  progress.end()
  return [s3, logs, firehose]
}

/** Reads again until all is there, or for a minute at most. */
async function readFirehoseBack(
  ledger: Ledger,
  clients: AwsClients,
  resultOf: (reading: Reading) => DestinationResult,
  signal: AbortSignal,
): Promise<DestinationResult> {
  const rooms = new Map<string, string>()
  for (const [room, ids] of ledger.rooms) for (const id of ids) rooms.set(id, room)
  const deadlineMs = Date.now() + FIREHOSE_PATIENCE_MS
  for (;;) {
    const reading = await readFirehose(clients, DEMO_DESTINATIONS, (id) => rooms.get(id) ?? 'unknown', signal)
    const result = resultOf(reading)
    if (result.comparison.missing === 0 || Date.now() > deadlineMs) return result
    await sleep(1_000, undefined, { signal })
  }
}

function underKills<T>(failed: Promise<never> | undefined, work: () => Promise<T>): Promise<T> {
  return failed === undefined ? work() : Promise.race([work(), failed])
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
