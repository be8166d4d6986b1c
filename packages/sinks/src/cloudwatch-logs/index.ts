export { CLOUDWATCH_LOGS_LIMITS } from './limits.ts'
export { type CloudWatchLogsSinkOptions, createCloudWatchLogsSink } from './sink.ts'
