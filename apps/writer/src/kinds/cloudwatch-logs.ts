import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { renewCredentials, takeBatch } from '@roomlog/sinks'
import { createCloudWatchLogsSink } from '@roomlog/sinks/cloudwatch-logs'
import type { WriterEnv } from '../env.ts'
import type { Attempted } from '../lane/attempt.ts'
import type { Cycle, CycleEnd, Delivery } from '../lane/delivery.ts'
import type { LaneRecord } from '../lane/record.ts'
import type { LaneRecords } from '../lane/selection.ts'
import { BEHIND_CLIENT_MS, clientConfig, deliverySettings, type Kind, MIB, requestMsOf, WAITS } from './kind.ts'
import { type BatchEnd, deliverRefused, type Refusal } from './refused.ts'

export const cloudWatchLogs: Kind = {
  policy: (env) => ({
    flushAfterMs: env.ROOMLOG_LINGER_MS,
    cycleBytesMax: 4 * MIB,
    cycleRecordsMax: 20_000,
    intents: true,
    patience: undefined,
    attemptTimeoutMs: requestMsOf(env) + BEHIND_CLIENT_MS,
    waits: WAITS,
    delivery: deliverySettings(env),
    deliver: deliverToLogStreams,
  }),
  sinks:
    (env, { readBackTurn }) =>
    (destination) => {
      const client = logsClient(env)
      const sink = createCloudWatchLogsSink({ client, destination, readTurn: readBackTurn })
      return { sink, destroy: () => client.destroy() }
    },
}

export function logsClient(env: WriterEnv): CloudWatchLogsClient {
  return renewCredentials(new CloudWatchLogsClient(clientConfig(env)))
}

/**
 * CloudWatch Logs: a stream a room, one call in flight a stream. A call cannot be repeated: where its fate is unknown,
 * the log is read back and only what is missing is sent again.
 */
export async function deliverToLogStreams(delivery: Delivery, cycle: Cycle): Promise<CycleEnd> {
  let rooms: readonly LaneRecords[] = [...cycle.records.byRoom().values()]
  if (cycle.recovering && cycle.records.length > 0) {
    const waitMs = Math.max(0, delivery.settings.recoverAfterMs - delivery.quietForMs())
    const missing = await readBack(delivery, cycle.records.all(), waitMs)
    if (missing === undefined) return { status: 'stopped' }
    rooms = roomsOf(missing)
    delivery.countRepeatsPossible(missing.length)
    if (missing.length > 0 && !(await delivery.aboutToSend())) return { status: 'stopped' }
  }
  const ends = await Promise.all(rooms.map((room) => deliverRoom(delivery, room)))
  return { status: ends.includes('stopped') ? 'stopped' : 'settled' }
}

function roomsOf(records: readonly LaneRecord[]): readonly LaneRecords[] {
  const ids = new Set(records.map(({ roomId }) => roomId))
  return [...ids].map((id) => records.filter(({ roomId }) => roomId === id))
}

async function deliverRoom(delivery: Delivery, records: LaneRecords): Promise<BatchEnd> {
  let at = 0
  while (at < records.length) {
    let batch: LaneRecords = []
    // Each call by itself: a room that waits to be read back must not take the turn of others.
    const outcome = await delivery.limited(async () => {
      const count = takeBatch(records, delivery.sink.limits, at)
      batch = records.slice(at, at + Math.max(1, count))
      return count === 0 ? 'too large' : delivery.write(batch)
    })
    at += batch.length
    if (outcome === 'too large') {
      for (const record of batch) delivery.bury({ record, reason: 'too large for a log event' })
    } else if ((await settled(delivery, await settleBatch(delivery, batch, outcome))) === 'stopped') return 'stopped'
  }
  return 'settled'
}

async function settled(delivery: Delivery, end: BatchEnd | Refusal): Promise<BatchEnd> {
  if (typeof end === 'string') return end
  return deliverRefused(delivery, end, async (records) => {
    return settleBatch(delivery, records, await delivery.limited(() => delivery.write(records)))
  })
}

/** Until nothing of the batch is open, or it is refused; `first` is what its first write came to. */
async function settleBatch(delivery: Delivery, batch: LaneRecords, first: Attempted): Promise<BatchEnd | Refusal> {
  let records = batch
  let outcome = first
  for (;;) {
    switch (outcome.status) {
      case 'delivered':
        return 'settled'
      case 'partial':
        for (const { index, reason } of outcome.rejected) {
          const record = records.at(index)
          if (record) delivery.bury({ record, reason })
        }
        return 'settled'
      case 'refused':
        return { ...outcome, records }
      case 'unknown': {
        const missing = await readBack(delivery, records, delivery.settings.readBackAfterMs)
        if (missing === undefined) return 'stopped'
        delivery.countRepeatsPossible(missing.length)
        // The count is durable before there is anything to count.
        if (missing.length === 0) return 'settled'
        if (!(await delivery.aboutToSend())) return 'stopped'
        records = missing
        outcome = await delivery.limited(() => delivery.write(missing))
        break
      }
      case 'stopped':
      case 'stuck':
        return 'stopped'
      case 'occupied':
      case 'recalled':
        throw new Error(`a log write cannot end as ${outcome.status}`)
    }
  }
}

/** The records that are not in the log, once reads have had time to show them; absence is believed after two reads. */
async function readBack(
  delivery: Delivery,
  records: LaneRecords,
  afterMs: number,
): Promise<readonly LaneRecord[] | undefined> {
  if (!(await delivery.sleep(afterMs))) return undefined
  const missing = await missingNow(delivery, records)
  if (missing === undefined || missing.length === 0) return missing
  if (!(await delivery.sleep(delivery.settings.readBackAgainAfterMs))) return undefined
  return missingNow(delivery, missing)
}

async function missingNow(delivery: Delivery, records: LaneRecords): Promise<readonly LaneRecord[] | undefined> {
  const found = await delivery.recall(records)
  return found && records.filter((record) => !found.has(record.id))
}
