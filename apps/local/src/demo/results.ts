import { setTimeout as sleep } from 'node:timers/promises'
import type { AwsClients } from '../aws-clients.ts'
import { DEMO_DESTINATIONS } from '../destinations.ts'
import { compare } from './compare.ts'
import type { Ledger } from './ledger.ts'
import type { Progress } from './progress.ts'
import { readCloudWatchLogs, readFirehose, readS3 } from './read-back.ts'
import type { Reading } from './reading.ts'
import type { DestinationResult } from './report.ts'

/** The delivery stream buffers on its own after it has taken a record. */
const FIREHOSE_PATIENCE_MS = 60_000

/** What each destination holds, against what was acknowledged. */
export async function readEverything(
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
