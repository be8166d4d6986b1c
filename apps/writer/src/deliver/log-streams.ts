import { takeBatch } from '@roomlog/sinks'
import { byRoom, type Cycle, type CycleEnd, type Delivery } from '../lane/cycle.ts'
import type { LaneRecord } from '../lane/record.ts'
import { type BatchEnd, deliverHalves } from './halves.ts'

/**
 * CloudWatch Logs: a stream a room, one call in flight a stream. A call cannot be repeated: where its fate is unknown,
 * the log is read back and only what is missing is sent again.
 */
export async function deliverToLogStreams(delivery: Delivery, cycle: Cycle): Promise<CycleEnd> {
  let records: readonly LaneRecord[] = cycle.records
  if (cycle.recovering && records.length > 0) {
    const waitMs = Math.max(0, delivery.settings.recoverAfterMs - delivery.quietForMs())
    const missing = await readBack(delivery, records, waitMs)
    if (missing === undefined) return { status: 'stopped' }
    records = missing
    delivery.countRepeatsPossible(records.length)
    if (records.length > 0 && !(await delivery.aboutToSend())) return { status: 'stopped' }
  }
  const ends = await Promise.all([...byRoom(records).values()].map((room) => deliverRoom(delivery, room)))
  return { status: ends.includes('stopped') ? 'stopped' : 'settled' }
}

async function deliverRoom(delivery: Delivery, records: readonly LaneRecord[]): Promise<BatchEnd> {
  let at = 0
  while (at < records.length) {
    const count = takeBatch(records, delivery.sink.limits, at)
    const batch = records.slice(at, at + Math.max(1, count))
    at += batch.length
    if (count === 0) {
      for (const record of batch) delivery.bury({ record, reason: 'too large for a log event' })
    } else if ((await deliverBatch(delivery, batch)) === 'stopped') return 'stopped'
  }
  return 'settled'
}

async function deliverBatch(delivery: Delivery, batch: readonly LaneRecord[]): Promise<BatchEnd> {
  let records = batch
  while (records.length > 0) {
    const sending = records
    // Each call by itself: a room that waits to be read back must not take the turn of others.
    const outcome = await delivery.limited(() => delivery.write(sending))
    switch (outcome.status) {
      case 'delivered':
        return 'settled'
      case 'partial':
        for (const { index, reason } of outcome.rejected) {
          const record = records[index]
          if (record) delivery.bury({ record, reason })
        }
        return 'settled'
      case 'refused':
        return deliverHalves(delivery, records, outcome.failure.message, deliverBatch)
      case 'unknown': {
        const missing = await readBack(delivery, records, delivery.settings.readBackAfterMs)
        if (missing === undefined) return 'stopped'
        delivery.countRepeatsPossible(missing.length)
        // The count is durable before there is anything to count.
        if (missing.length > 0 && !(await delivery.aboutToSend())) return 'stopped'
        records = missing
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
  return 'settled'
}

/** The records that are not in the log, once reads have had time to show them; absence is believed after two reads. */
async function readBack(
  delivery: Delivery,
  records: readonly LaneRecord[],
  afterMs: number,
): Promise<readonly LaneRecord[] | undefined> {
  if (!(await delivery.sleep(afterMs))) return undefined
  const missing = await missingNow(delivery, records)
  if (missing === undefined || missing.length === 0) return missing
  if (!(await delivery.sleep(delivery.settings.readBackAgainAfterMs))) return undefined
  return missingNow(delivery, missing)
}

async function missingNow(
  delivery: Delivery,
  records: readonly LaneRecord[],
): Promise<readonly LaneRecord[] | undefined> {
  const found = await delivery.recall(records)
  return found && records.filter((record) => !found.has(record.id))
}
