import type { Service } from './rounds.ts'

/** Above anything that the run reaches. */
const RATE = 1_000_000
export const ROOM_RATE = 100_000
const RATES = [
  'SEND_MESSAGE',
  'SEND_EVENT',
  'CREATE_ROOM',
  'CREATE_LOGGING_CONFIGURATION',
  'LIST_LOGGING_CONFIGURATIONS',
  'DELIVERY_STATUS',
] as const

export const LEASE_MS = 2_000

/** What recovers fast: the least that the settings allow, or nearly. */
const FAST = {
  ROOMLOG_LEASE_SECONDS: String(LEASE_MS / 1_000),
  ROOMLOG_REQUEST_TIMEOUT_SECONDS: '0.9',
  ROOMLOG_READ_BACK_SETTLE_SECONDS: '0.5',
  ROOMLOG_S3_REQUEST_TIMEOUT_SECONDS: '2',
  ROOMLOG_S3_FLUSH_SECONDS: '1',
  ROOMLOG_LINGER_MS: '100',
} as const

/** For api and writer of the run. */
export const KILL_SETTINGS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(RATES.map((name) => [`ROOMLOG_RATE_${name}`, String(RATE)])),
  ROOMLOG_ROOM_RATE_MAX: String(ROOM_RATE),
  ROOMLOG_LOGGING_CONFIGURATIONS_MAX: '1000',
  ROOMLOG_LOG_LEVEL: 'warn',
  ...FAST,
}

/** Of the stand-in: what it has acknowledged is in the kernel's hands, which a killed process does not take along. */
export const STAND_IN_SETTINGS = { LOCAL_AWS_FSYNC: 'off' }

/** What a call takes all the time, so that many are open at any moment. */
export const CALL_MS = 150
/** For how long a call that is to be killed in is kept open: less than any request's timeout. */
export const HELD_MS = 600
export const FIREHOSE_BUFFER_SECONDS = 1

export const DESTINATION_TITLES: { readonly [service in Service]: string } = {
  s3: 'S3',
  logs: 'CloudWatch Logs',
  firehose: 'Firehose',
}

/** What the run says of its settings. */
export const NOTE = `For fast recovery: ${Object.entries(FAST)
  .map(([name, value]) => `${name}=${value}`)
  .join(' ')}; rate ceilings out of the way; fsync on in Postgres, LOCAL_AWS_FSYNC=off in the stand-in.`
