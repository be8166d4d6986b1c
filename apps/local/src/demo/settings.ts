/** Above anything that the demo reaches. */
const RATE = 1_000_000
/** `maximumMessageRatePerSecond` of the demo's rooms. */
export const ROOM_RATE = 100_000
export const FIREHOSE_BUFFER_SECONDS = 1

const RATES = ['SEND_MESSAGE', 'SEND_EVENT', 'DELETE_MESSAGE', 'CREATE_ROOM', 'DELIVERY_STATUS'] as const

/** For api and writer of the demo: nobody wants to wait a minute for the first object. */
export const DEMO_SETTINGS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(RATES.map((name) => [`ROOMLOG_RATE_${name}`, String(RATE)])),
  ROOMLOG_ROOM_RATE_MAX: String(ROOM_RATE),
  ROOMLOG_S3_FLUSH_SECONDS: '1',
  ROOMLOG_LOG_LEVEL: 'warn',
}

export const SETTINGS_NOTE =
  'For itself it sets rate ceilings out of the way, flushes to S3 every second (60 by default) and lets the delivery stream buffer for one second.'
