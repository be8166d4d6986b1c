export {
  type Appender,
  type AppenderLimits,
  createAppender,
  type Routes,
  type Submission,
  type SubmitOptions,
  type SubmitOutcome,
} from './appender.ts'
export { partitionOf, toPartition } from './partition.ts'
export type * from './port.ts'
export { positionOf, START, toAppendId, toLeaseToken, toPosition } from './position.ts'
export type { DatabaseClock } from './time/database-clock.ts'
export type { JournalTime } from './time/journal-time.ts'
