import type { BatchLimits } from '../port.ts'

/**
 * Of the UTF-8 messages plus 26 for each event.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
export const BATCH_BYTES_MAX = 1_048_576
export const EVENT_OVERHEAD_BYTES = 26
/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
export const BATCH_EVENTS_MAX = 10_000
/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
export const BATCH_SPAN_MAX_MS = 86_400_000
/**
 * An event may have 1 MB, but the batch's bytes bind it too.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_InputLogEvent.html
 */
export const MESSAGE_BYTES_MAX = BATCH_BYTES_MAX - EVENT_OVERHEAD_BYTES
/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html */
export const FILTER_STREAMS_MAX = 100
/**
 * Of what one page of FilterLogEvents holds.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */
export const PAGE_BYTES_MAX = 1_048_576
export const PAGE_EVENTS_MAX = 10_000
/** Ours: a full page, each event with its names, and each byte of a message as an escape. */
export const FILTER_ANSWER_BYTES_MAX = 16 * PAGE_BYTES_MAX
/** Ours. */
export const FILTER_PAGES_MAX = 1_000

/** A message is the record without its `\n`. */
const NEWLINE_BYTES = 1

export const CLOUDWATCH_LOGS_LIMITS: BatchLimits = {
  recordsMax: BATCH_EVENTS_MAX,
  bytesMax: BATCH_BYTES_MAX,
  overheadBytes: EVENT_OVERHEAD_BYTES - NEWLINE_BYTES,
  recordBytesMax: MESSAGE_BYTES_MAX + NEWLINE_BYTES,
  spanMaxMs: BATCH_SPAN_MAX_MS,
}
