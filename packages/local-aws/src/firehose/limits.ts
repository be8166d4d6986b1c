/**
 * Limits of Data Firehose, from the API reference and the service model (botocore, AWS SDK for JavaScript 3.1169).
 * They are written down here on their own, not imported from the sinks, so that one misreading cannot hide in both.
 */

/** PutRecordBatch: "Each PutRecordBatch request supports up to 500 records." (model: min 1, max 500) */
export const BATCH_RECORDS_MAX = 500
/** "Each record in the request can be as large as 1,000 KB (before base64 encoding)." (model: Data max 1024000) */
export const RECORD_BYTES_MAX = 1_024_000
/** "up to a limit of 4 MB for the entire request". Taken as 4 MiB of raw record bytes; the docs do not say which. */
export const BATCH_BYTES_MAX = 4 * 1024 * 1024
/** DeliveryStreamName: 1 to 64 of these. (model) */
export const STREAM_NAME = /^[a-zA-Z0-9_.-]{1,64}$/
/** BufferingHints: SizeInMBs 1 to 128, IntervalInSeconds 0 to 900; defaults 5 and 300. (model, API reference) */
export const BUFFER_MB_MAX = 128
export const BUFFER_MB_DEFAULT = 5
export const BUFFER_SECONDS_MAX = 900
export const BUFFER_SECONDS_DEFAULT = 300
/** ListDeliveryStreams: Limit 1 to 10,000, default 10. (model, API reference) */
export const LIST_MAX = 10_000
export const LIST_DEFAULT = 10
/** "up to 50 tags". (API reference) */
export const TAGS_MAX = 50
