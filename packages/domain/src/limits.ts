// What IVS Chat accepts, by its API reference (docs.aws.amazon.com/ivs/latest/ChatAPIReference), unless a line says otherwise.
// Lengths of text are in Unicode code points, as in all AWS service models.

/** Of every id: room, logging configuration, message, event. [A-Za-z0-9] only. */
export const ID_LENGTH = 12
/** Of a room's or a logging configuration's name; it may be empty and need not be unique. */
export const NAME_LENGTH_MAX = 128
/** Of an ARN, in characters. */
export const ARN_LENGTH_MAX = 128

/** Of a message's content; a room may set less. */
export const MESSAGE_LENGTH_MAX = 500
/** A room's `maximumMessageLength` when it names none. */
export const MESSAGE_LENGTH_DEFAULT = 500
/** A room's `maximumMessageRatePerSecond` when it names none. */
export const MESSAGE_RATE_DEFAULT = 10
/** Ceiling of a room's `maximumMessageRatePerSecond` at IVS; a deployment may set another. */
export const MESSAGE_RATE_MAX_DEFAULT = 100

/** Total of a message's or a sender's attributes: UTF-8 bytes of keys and values. */
export const MESSAGE_ATTRIBUTES_BYTES_MAX = 1024
/** Total of an event's attributes: 4 KB since 2025-11-19 (API document history). */
export const EVENT_ATTRIBUTES_BYTES_MAX = 4096
export const USER_ID_LENGTH_MAX = 128
export const EVENT_NAME_LENGTH_MAX = 100
export const REASON_LENGTH_MAX = 256
/** IVS states none; this one is ours, so that a record stays small whatever a client sends. */
export const REQUEST_ID_LENGTH_MAX = 256
/** The longest key by which a call that is made again is recorded once (Roomlog's own), in characters. */
export const IDEMPOTENCY_KEY_LENGTH_MAX = 128
/** Since the first call with a key: from then on it is as good as new. */
export const IDEMPOTENCY_KEY_KEPT_MS = 24 * 3_600_000
/** Messages of one `sendMessages` call (Roomlog's own operation). */
export const SEND_MESSAGES_MAX = 1000

export const LOGGING_CONFIGURATIONS_PER_ROOM_MAX = 3
export const REVIEW_HANDLER_URI_LENGTH_MAX = 170
export const BUCKET_NAME_LENGTH_MIN = 3
export const BUCKET_NAME_LENGTH_MAX = 63
export const LOG_GROUP_NAME_LENGTH_MAX = 512
export const DELIVERY_STREAM_NAME_LENGTH_MAX = 64

export const TAGS_MAX = 50
export const TAG_KEY_LENGTH_MAX = 128
export const TAG_VALUE_LENGTH_MAX = 256

/** Of a list call: most, and when it names none. */
export const MAX_RESULTS_MAX = 50
export const MAX_RESULTS_DEFAULT = 50
export const NEXT_TOKEN_LENGTH_MAX = 1024

/** Dead letters that one call may name. */
export const DEAD_LETTER_IDS_MAX = 500
