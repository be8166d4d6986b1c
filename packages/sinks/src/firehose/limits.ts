import type { BatchLimits } from '../port.ts'

/** @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html */
export const BATCH_RECORDS_MAX = 500
/**
 * A request has 4 MB; whether that means before or after base64, or 4,194,304, is not said, so this is the raw bytes
 * at their smallest reading.
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
 */
export const BATCH_BYTES_MAX = 4_000_000
/**
 * 1,000 KiB before base64.
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_Record.html
 */
export const RECORD_BYTES_MAX = 1_024_000

export const FIREHOSE_LIMITS: BatchLimits = {
  recordsMax: BATCH_RECORDS_MAX,
  bytesMax: BATCH_BYTES_MAX,
  overheadBytes: 0,
  recordBytesMax: RECORD_BYTES_MAX,
  spanMaxMs: Number.MAX_SAFE_INTEGER,
}
