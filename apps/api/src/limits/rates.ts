import { QUOTAS, type RateName } from '@roomlog/domain'

/** Rates that a deployment has set; the contract has those of all others. Requests a second and account, for each api process. */
export type Rates = Readonly<Partial<Record<RateName, number>>>

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
