import type { BatchLimits } from '../port.ts'

/**
 * One object's worth. S3 takes 5 GB in a single PUT; these are ours, so that an object fits in memory when it is
 * written and when it is read back.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */
export const OBJECT_BYTES_MAX = 64 * 1024 * 1024
export const OBJECT_RECORDS_MAX = 250_000

/** An object lies in the folder of one hour; the caller cuts at the hour. */
const HOUR_MS = 3_600_000

export const S3_LIMITS: BatchLimits = {
  recordsMax: OBJECT_RECORDS_MAX,
  bytesMax: OBJECT_BYTES_MAX,
  overheadBytes: 0,
  recordBytesMax: OBJECT_BYTES_MAX,
  spanMaxMs: HOUR_MS - 1,
}
