import type { BatchLimits, SinkRecord, SinkRecords } from './port.ts'

type Sized = SinkRecords<Pick<SinkRecord, 'byteLength' | 'timeMs'>>

/**
 * How many records from index `from` on fit in one write. 0: there are none, or the record at `from` is too large to
 * be sent in any write.
 */
export function takeBatch(records: Sized, limits: BatchLimits, from = 0): number {
  const first = records.at(from)
  if (first === undefined) return 0
  const end = Math.min(records.length, from + limits.recordsMax)
  let bytes = 0
  let index = from
  for (; index < end; index += 1) {
    const record = records.at(index)
    if (record === undefined || record.byteLength > limits.recordBytesMax) break
    bytes += record.byteLength + limits.overheadBytes
    if (bytes > limits.bytesMax || record.timeMs - first.timeMs > limits.spanMaxMs) break
  }
  return index - from
}
