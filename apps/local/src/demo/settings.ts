/** Above anything that the demo reaches. */
const RATE = 1_000_000
/** `maximumMessageRatePerSecond` of the demo's rooms. */
export const ROOM_RATE = 100_000
export const FIREHOSE_BUFFER_SECONDS = 1

const RATES = ['SEND_MESSAGE', 'SEND_EVENT', 'DELETE_MESSAGE', 'CREATE_ROOM', 'DELIVERY_STATUS'] as const

/** A short conversation is to be seen at once; a long one would be cut into a great many small objects. */
const S3_FLUSH_SECONDS = { short: 1, long: 5 } as const
const LINGER_MS = { short: 250, long: 1_000 } as const

/** With a writer that is killed every few seconds, taking over must not take long; the stand-in's reads do not lag. */
const TAKEOVERS = {
  ROOMLOG_LEASE_SECONDS: '7',
  ROOMLOG_REQUEST_TIMEOUT_SECONDS: '5',
  ROOMLOG_READ_BACK_SETTLE_SECONDS: '0.5',
}

/** Five processes on one machine may stall for seconds; a call given up for that, and sent again, would be a repeat. */
const PATIENCE = { ROOMLOG_LEASE_SECONDS: '30', ROOMLOG_REQUEST_TIMEOUT_SECONDS: '20' }

export type ConversationLength = 'short' | 'long'

/** For api and writer of the demo: nobody wants to wait a minute for the first object. */
export function settingsFor(length: ConversationLength, killed: boolean): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(RATES.map((name) => [`ROOMLOG_RATE_${name}`, String(RATE)])),
    ROOMLOG_ROOM_RATE_MAX: String(ROOM_RATE),
    ROOMLOG_S3_FLUSH_SECONDS: String(S3_FLUSH_SECONDS[length]),
    ROOMLOG_LINGER_MS: String(LINGER_MS[length]),
    ROOMLOG_LOG_LEVEL: 'warn',
    ...(killed ? TAKEOVERS : PATIENCE),
  }
}

/** What the demo says of its settings. */
export function noteFor(length: ConversationLength): string {
  return [
    'For itself the demo moves the rate ceilings out of the way',
    `flushes to S3 every ${S3_FLUSH_SECONDS[length]} s (60 by default)`,
    `lets the delivery stream buffer for ${FIREHOSE_BUFFER_SECONDS} s (300 by default)`,
    'and sets how long it waits for an answer to what fits one machine.',
  ].join(', ')
}
