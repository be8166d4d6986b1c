/**
 * Limits of CloudWatch Logs, from the API reference and the service model (botocore, AWS SDK for JavaScript 3.1169).
 * They are written down here on their own, not imported from the sinks, so that one misreading cannot hide in both.
 */

/** "The maximum batch size is 1,048,576 bytes ... the sum of all event messages in UTF-8, plus 26 bytes for each
 * log event." (PutLogEvents) */
export const BATCH_BYTES_MAX = 1_048_576
export const EVENT_OVERHEAD_BYTES = 26
/** "The maximum number of log events in a batch is 10,000." (PutLogEvents; model: min 1, max 10000) */
export const BATCH_EVENTS_MAX = 10_000
/** "Each log event can be no larger than 1 MB." (PutLogEvents, since April 2025); the 26 bytes count. */
export const EVENT_BYTES_MAX = 1_048_576
/** "A batch of log events in a single request cannot span more than 24 hours. Otherwise, the operation fails." */
export const BATCH_SPAN_MAX_MS = 24 * 3600 * 1000
/** "None of the log events in the batch can be more than 2 hours in the future." (named in rejectedLogEventsInfo) */
export const TOO_NEW_MS = 2 * 3600 * 1000
/** "None of the log events in the batch can be more than 14 days in the past" or older than the retention. */
export const TOO_OLD_MS = 14 * 24 * 3600 * 1000
/** LogGroupName: 1 to 512 of these. (model) */
export const GROUP_NAME = /^[.\-_/#A-Za-z0-9]{1,512}$/
/** LogStreamName: 1 to 512, no `:` and no `*`. (model) */
export const STREAM_NAME = /^[^:*]{1,512}$/
/** FilterLogEvents and GetLogEvents: "as many as can fit in 1 MB (up to 10,000 log events)". */
export const PAGE_EVENTS_MAX = 10_000
export const PAGE_BYTES_MAX = 1_048_576
/** FilterLogEvents: logStreamNames has 1 to 100 members. (model) */
export const FILTER_STREAMS_MAX = 100
/** DescribeLogGroups and DescribeLogStreams: limit 1 to 50. (model) */
export const DESCRIBE_MAX = 50
/** PutRetentionPolicy: possible values in days. (API reference) */
export const RETENTION_DAYS: ReadonlySet<number> = new Set([
  ...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731],
  ...[1096, 1827, 2192, 2557, 2922, 3288, 3653],
])
/** PutResourcePolicy: policyDocument has 1 to 5,120 characters; "up to 10 resource policies" per Region. */
export const POLICY_CHARS_MAX = 5120
export const POLICIES_MAX = 10
