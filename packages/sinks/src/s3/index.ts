export { addressByPath } from './address-by-path.ts'
export { createGzips, type Gzip } from './gzip.ts'
export { S3_LIMITS } from './limits.ts'
export { createS3Sink, type S3SinkOptions } from './sink.ts'
