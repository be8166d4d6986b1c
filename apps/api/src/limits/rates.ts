import { QUOTAS } from '@roomlog/domain'

const {
  roomOperationsPerSecond: room,
  loggingConfigurationOperationsPerSecond: loggingConfiguration,
  tagOperationsPerSecond: tags,
} = QUOTAS

/** Requests a second and account, for each api process. The first group is IVS's; the second is of our own operations. */
export const RATES_DEFAULT = {
  SEND_MESSAGE: QUOTAS.sendMessagesPerSecond,
  SEND_EVENT: QUOTAS.sendEventsPerSecond,
  DELETE_MESSAGE: QUOTAS.deleteMessagesPerSecond,
  DISCONNECT_USER: QUOTAS.disconnectUsersPerSecond,
  CREATE_ROOM: room,
  GET_ROOM: room,
  LIST_ROOMS: room,
  UPDATE_ROOM: room,
  DELETE_ROOM: room,
  CREATE_LOGGING_CONFIGURATION: loggingConfiguration,
  GET_LOGGING_CONFIGURATION: loggingConfiguration,
  LIST_LOGGING_CONFIGURATIONS: loggingConfiguration,
  UPDATE_LOGGING_CONFIGURATION: loggingConfiguration,
  DELETE_LOGGING_CONFIGURATION: loggingConfiguration,
  LIST_TAGS: tags,
  ADD_TAGS: tags,
  REMOVE_TAGS: tags,

  CREATE_ACCESS_KEY: 5,
  LIST_ACCESS_KEYS: 5,
  REVOKE_ACCESS_KEY: 5,
  DELIVERY_STATUS: 10,
  LIST_DEAD_LETTERS: 10,
  REDRIVE_DEAD_LETTERS: 5,
  DISCARD_DEAD_LETTERS: 5,
  SET_ASIDE: 5,

  /** Of all callers together: look-ups of keys that this process has not found good before. */
  UNKNOWN_KEYS: 100,
} as const satisfies Record<string, number>

/** Each is the variable `ROOMLOG_RATE_<name>`. */
export type RateName = keyof typeof RATES_DEFAULT
export type Rates = Readonly<Record<RateName, number>>

/** Ceilings that a deployment may set. */
export type Ceilings = {
  /** Highest `maximumMessageRatePerSecond` of a room. */
  readonly roomRateMax: number
  /** Of an account. */
  readonly roomsMax: number
  /** Of an account. */
  readonly loggingConfigurationsMax: number
}

export const CEILINGS_DEFAULT: Ceilings = {
  roomRateMax: QUOTAS.sendMessagesPerSecondPerRoom,
  roomsMax: QUOTAS.rooms,
  loggingConfigurationsMax: QUOTAS.loggingConfigurations,
}
