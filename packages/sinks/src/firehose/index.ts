export { FIREHOSE_LIMITS } from './limits.ts'
export { createFirehoseSink, type FirehoseSinkOptions } from './sink.ts'
