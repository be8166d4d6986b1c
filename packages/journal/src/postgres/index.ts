export { createPostgresJournal } from './journal.ts'
export { setAside } from './set-aside.ts'
export { startDatabaseClock } from './time.ts'
export { inTransaction, transactionOf } from './transaction.ts'
