import type { Ledger } from './ledger.ts'
import type { Log } from './log.ts'

export type * from './ledger.ts'
export type * from './log.ts'

/**
 * The durable log between api and writer. Postgres in production, memory as the executable spec. Nobody else knows its
 * tables: what others want of them is a member here.
 */
export type Journal = Log & Ledger
