/**
 * S3's limits, from the S3 user guide and API reference. They are written down here on their own, not imported
 * from the sinks, so that one misreading cannot hide in both.
 */

/** "The size limit for objects in a single PUT operation is 5 GB." (user guide, uploading objects) */
export const PUT_BYTES_MAX = 5 * 1024 ** 3
/** "Object key names ... a maximum of 1,024 bytes" as UTF-8. (user guide, naming objects) */
export const KEY_BYTES_MAX = 1024
/** "User-defined metadata is limited to 2 KB", names and values together. (user guide, object metadata) */
export const METADATA_BYTES_MAX = 2048
/** ListObjectsV2: "returns up to 1,000 key names". (API reference) */
export const LIST_KEYS_MAX = 1000
/** DeleteObjects: "up to 1,000 keys". (API reference) */
export const DELETE_KEYS_MAX = 1000
/** RequestTimeTooSkewed beyond 15 minutes. (API reference, error responses) */
export const CLOCK_SKEW_MAX_MS = 15 * 60 * 1000
/** Bucket policies: 20 KB. (user guide, bucket policies) */
export const POLICY_BYTES_MAX = 20 * 1024

/** Canned ACLs that PutObject takes. (user guide, ACL overview) */
export const CANNED_ACLS: ReadonlySet<string> = new Set([
  'private',
  'public-read',
  'public-read-write',
  'authenticated-read',
  'aws-exec-read',
  'bucket-owner-read',
  'bucket-owner-full-control',
])

/** General purpose bucket naming rules. (user guide) */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..') && !/^\d+\.\d+\.\d+\.\d+$/.test(name)
}
