/** Limits of CloudWatch metrics, from the API reference and the service model (botocore). */

/** "Each PutMetricData request is limited to 1 MB in size for HTTP POST requests", 1,000 metrics. (API reference) */
export const DATA_MAX = 1000
/** 30 dimensions a metric. (model) */
export const DIMENSIONS_MAX = 30
/** Values and Counts: up to 150. (API reference) */
export const VALUES_MAX = 150
/** Namespace: 1 to 255, not starting with a colon. (model) */
export const NAMESPACE = /^[^:].{0,254}$/
/** GetMetricData: up to 500 queries. (API reference) */
export const QUERIES_MAX = 500
