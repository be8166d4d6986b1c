import { FirehoseClient } from '@aws-sdk/client-firehose'
import { renewCredentials, takeBatch } from '@roomlog/sinks'
import { createFirehoseSink } from '@roomlog/sinks/firehose'
import type { WriterEnv } from '../env.ts'
import type { Cycle, CycleEnd, Delivery } from '../lane/delivery.ts'
import type { LaneRecords } from '../lane/selection.ts'
import { BEHIND_CLIENT_MS, clientConfig, deliverySettings, type Kind, MIB, requestMsOf, WAITS } from './kind.ts'
import { type BatchEnd, deliverRefused, type Refusal } from './refused.ts'

export const firehose: Kind = {
  policy: (env) => ({
    flushAfterMs: env.ROOMLOG_LINGER_MS,
    // A killed writer's open cycle is sent again whole: small ones keep repeats few.
    cycleBytesMax: 2 * MIB,
    cycleRecordsMax: 4_000,
    intents: true,
    patience: undefined,
    attemptTimeoutMs: requestMsOf(env) + BEHIND_CLIENT_MS,
    waits: WAITS,
    delivery: deliverySettings(env),
    deliver: deliverToDeliveryStream,
  }),
  sinks: (env) => (destination) => {
    const client = firehoseClient(env)
    // 0 sends each record on its own.
    const packBytes = env.ROOMLOG_FIREHOSE_PACK_KB * 1024
    return { sink: createFirehoseSink({ client, destination, packBytes }), destroy: () => client.destroy() }
  },
}

export function firehoseClient(env: WriterEnv): FirehoseClient {
  return renewCredentials(new FirehoseClient(clientConfig(env)))
}

/**
 * Firehose: batches that mix rooms, one in flight a lane, so that a room's records are sent in order. What a batch
 * refused is sent again before anything behind it. There is no way to check a lost answer: such a batch is repeated.
 */
export async function deliverToDeliveryStream(delivery: Delivery, cycle: Cycle): Promise<CycleEnd> {
  if (cycle.recovering) {
    delivery.countRepeatsPossible(cycle.records.length)
    if (!(await delivery.aboutToSend())) return { status: 'stopped' }
  }
  const { limits } = delivery.sink
  const records = cycle.records.all()
  let at = 0
  while (at < records.length) {
    const count = takeBatch(records, limits, at)
    const batch = records.slice(at, at + Math.max(1, count))
    at += batch.length
    if (count === 0) {
      for (const record of batch) delivery.bury({ record, reason: 'too large for a Firehose record' })
    } else if ((await deliverBatch(delivery, batch)) === 'stopped') return { status: 'stopped' }
  }
  return { status: 'settled' }
}

async function deliverBatch(delivery: Delivery, batch: LaneRecords): Promise<BatchEnd> {
  const end = await sendBatch(delivery, batch)
  if (typeof end === 'string') return end
  return deliverRefused(delivery, end, (records) => sendBatch(delivery, records))
}

/** Until nothing of the batch is open, or what is left of it is refused. */
async function sendBatch(delivery: Delivery, batch: LaneRecords): Promise<BatchEnd | Refusal> {
  let records = batch
  while (records.length > 0) {
    const outcome = await delivery.write(records)
    switch (outcome.status) {
      case 'delivered':
        return 'settled'
      case 'partial': {
        const refused = new Map(outcome.rejected.map((rejected) => [rejected.index, rejected]))
        for (const { index, reason, retryable } of outcome.rejected) {
          const record = records.at(index)
          if (record && !retryable) delivery.bury({ record, reason })
        }
        records = records.filter((_, index) => refused.get(index)?.retryable === true)
        if (records.length > 0) await delivery.sleep(delivery.settings.resendAfterMs)
        break
      }
      case 'unknown':
        delivery.countRepeatsPossible(records.length)
        // The count is durable before there is anything to count.
        if (!(await delivery.aboutToSend())) return 'stopped'
        break
      case 'refused':
        return { ...outcome, records }
      case 'stopped':
      case 'stuck':
        return 'stopped'
      case 'occupied':
      case 'recalled':
        throw new Error(`a Firehose write cannot end as ${outcome.status}`)
    }
  }
  return 'settled'
}
