import type { Delivery } from '../lane/cycle.ts'
import type { LaneRecords } from '../lane/selection.ts'

export type BatchEnd = 'settled' | 'stopped'

/** Something in the batch is unacceptable: halve it until the culprit stands alone, and bury that one. */
export async function deliverHalves(
  delivery: Delivery,
  records: LaneRecords,
  reason: string,
  deliverBatch: (delivery: Delivery, batch: LaneRecords) => Promise<BatchEnd>,
): Promise<BatchEnd> {
  const only = records.at(0)
  if (only && records.length === 1) {
    delivery.bury({ record: only, reason })
    return 'settled'
  }
  const half = Math.ceil(records.length / 2)
  if ((await deliverBatch(delivery, records.slice(0, half))) === 'stopped') return 'stopped'
  return deliverBatch(delivery, records.slice(half))
}
