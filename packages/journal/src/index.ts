export {
  type Appender,
  type AppenderLimits,
  createAppender,
  type SubmitOptions,
} from './appender.ts'
export type { Routes } from './commit.ts'
export { partitionOf, toPartition } from './partition.ts'
export type * from './port.ts'
export { positionOf, START, toAppendId, toLeaseToken, toPosition } from './position.ts'
export type { Submission, SubmitOutcome } from './submission.ts'
export type { DatabaseClock } from './time/database-clock.ts'
export type { JournalTime } from './time/journal-time.ts'
