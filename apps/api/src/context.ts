import type { SecretBox } from '@roomlog/db'
import type { AccountId, Destination, MessageId, NewId } from '@roomlog/domain'
import type { Appender, AppendId, DatabaseClock, Journal } from '@roomlog/journal'
import type { CheckOutcome } from '@roomlog/sinks'
import type { FastifyBaseLogger } from 'fastify'
import type { Authenticator } from './access/authenticator.ts'
import type { Caller } from './access/caller.ts'
import type { RateLimiter } from './limits/rate-limiter.ts'
import type { Ceilings, Rates } from './limits/rates.ts'
import type { RoomCache } from './rooms/room-cache.ts'
import type { Store } from './store/store.ts'

/** Proves that a destination is there, and can be written to and read back for the account; bounded in time. */
export type CheckDestination = (
  destination: Destination,
  options: { readonly accountId: AccountId; readonly signal?: AbortSignal | undefined },
) => Promise<CheckOutcome>

/** What operations work with; one for the process. */
export type Services = {
  readonly region: string
  readonly store: Store
  readonly rooms: RoomCache
  readonly appender: Appender
  readonly journal: Journal
  readonly limiter: RateLimiter
  readonly rates: Rates
  readonly ceilings: Ceilings
  readonly clock: DatabaseClock
  readonly secretBox: SecretBox
  readonly authenticator: Authenticator
  /** The root key's id: the first access key that this process is configured with. */
  readonly rootKeyId: string | undefined
  readonly checkDestination: CheckDestination
  readonly newAppendId: () => AppendId
  readonly newId: () => NewId & MessageId
  /** The bytes that `write` writes from `at` on; see `writeMessage`. */
  readonly writeRecord: (write: (into: Buffer, at: number) => number) => Uint8Array
  readonly randomBytes: (n: number) => Uint8Array
  readonly log: FastifyBaseLogger
}

/** The facts of one call besides its input: who asks, and until when the answer is wanted. */
export type Call = {
  readonly caller: Caller
  readonly accountId: AccountId
  readonly signal: AbortSignal | undefined
}

/** What one call of an operation works with. */
export type Context = Services & Call

/** The call's facts and the services that a function names: its type tells what it can do, and a test need give no more. */
export type Needs<S extends keyof Services> = Pick<Services, S> & Call
