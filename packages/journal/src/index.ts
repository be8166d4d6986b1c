export {
  type Appender,
  type AppenderLimits,
  createAppender,
  type Routes,
  type Submission,
  type SubmitOutcome,
} from './appender.ts'
export { ABANDON_SQL, backlogSql } from './backlog.ts'
export { CONFIG_CHANGED_SQL } from './config-change.ts'
export { createMemoryJournal, type MemoryJournal } from './memory/journal.ts'
export { partitionOf, toPartition } from './partition.ts'
export type * from './port.ts'
export { START, toAppendId, toLeaseToken, toPosition } from './position.ts'
export { createPostgresJournal } from './postgres/journal.ts'
export { setAside } from './postgres/set-aside.ts'
