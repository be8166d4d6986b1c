import type { PrismaClient, SecretBox } from '@roomlog/db'
import type { AccountId, Destination, MessageId, NewId } from '@roomlog/domain'
import type { Appender, AppendId, DatabaseClock, Journal } from '@roomlog/journal'
import type { CheckOutcome } from '@roomlog/sinks'
import type { FastifyBaseLogger } from 'fastify'
import type pg from 'pg'
import type { Authenticator } from './access/authenticator.ts'
import type { Transact } from './database/transact.ts'
import type { RateLimiter } from './limits/rate-limiter.ts'
import type { Ceilings, Rates } from './limits/rates.ts'
import type { Caller } from './operations.ts'
import type { RoomCache } from './rooms/room-cache.ts'

/** Proves that a destination is there, and can be written to and read back for the account; bounded in time. */
export type CheckDestination = (
  destination: Destination,
  options: { readonly accountId: AccountId; readonly signal?: AbortSignal | undefined },
) => Promise<CheckOutcome>

/** What operations work with; one for the process. */
export type Services = {
  readonly region: string
  readonly db: PrismaClient
  readonly transact: Transact
  readonly pool: pg.Pool
  readonly rooms: RoomCache
  readonly appender: Appender
  readonly journal: Journal
  readonly limiter: RateLimiter
  readonly rates: Rates
  readonly ceilings: Ceilings
  readonly clock: DatabaseClock
  readonly secretBox: SecretBox
  readonly authenticator: Authenticator
  readonly checkDestination: CheckDestination
  readonly newAppendId: () => AppendId
  readonly newId: () => NewId & MessageId
  /** The bytes that `write` writes from `at` on; see `writeMessage`. */
  readonly writeRecord: (write: (into: Buffer, at: number) => number) => Uint8Array
  readonly randomBytes: (n: number) => Uint8Array
  readonly log: FastifyBaseLogger
}

/** What one call of an operation works with. */
export type Context = Services & Caller
