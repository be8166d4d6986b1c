const GB = 2 ** 30
/** List prices in USD, us-east-1, 2026: S3 Standard PUTs, CloudWatch Logs ingestion, Firehose Direct PUT (first tiers). */
const S3_PUT = 0.005 / 1_000
const CLOUDWATCH_GB = 0.5
const FIREHOSE_GB = 0.029
/** CloudWatch Logs counts this for each event. */
const EVENT_OVERHEAD_BYTES = 26
const NEWLINE_BYTES = 1

/** What S3 asks for the puts; storage is not in it. */
export function s3Usd(puts: number): number {
  return puts * S3_PUT
}

/** What CloudWatch Logs asks for taking the records in; a record goes there without its newline. */
export function cloudWatchLogsUsd({ records, bytes }: { readonly records: number; readonly bytes: number }): number {
  return ((bytes + records * (EVENT_OVERHEAD_BYTES - NEWLINE_BYTES)) / GB) * CLOUDWATCH_GB
}

/** What Firehose asks; `billedBytes` has each Firehose record rounded up to 5 KB. */
export function firehoseUsd(billedBytes: number): number {
  return (billedBytes / GB) * FIREHOSE_GB
}
