export {
  type Appender,
  type AppenderLimits,
  createAppender,
  type Routes,
  type Submission,
  type SubmitOutcome,
} from './appender.ts'
export { ABANDON_SQL, backlogSql, WRITERS_ALIVE_SQL } from './backlog.ts'
export { CONFIG_CHANGED_SQL } from './config-change.ts'
export { createMemoryJournal, type MemoryJournal } from './memory/journal.ts'
export { partitionOf, toPartition } from './partition.ts'
export type * from './port.ts'
export { START, toAppendId, toLeaseToken, toPosition } from './position.ts'
export { createPostgresJournal } from './postgres/journal.ts'
export { isWriterAlive, probeAppend } from './postgres/probe.ts'
export { setAside } from './postgres/set-aside.ts'
export { startDatabaseClock } from './postgres/time.ts'
export type { DatabaseClock } from './time/database-clock.ts'
export { healTimeCommand } from './time/heal-command.ts'
export type { JournalTime } from './time/journal-time.ts'
