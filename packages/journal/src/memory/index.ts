export { createMemoryJournal, type MemoryJournal } from './journal.ts'
