import { z } from 'zod'
import { LoggingConfigurationArn } from './arn.ts'
import type { DestinationConfiguration } from './destination.ts'
import { MessageId } from './id.ts'
import { DEAD_LETTER_IDS_MAX } from './limits.ts'
import type { LoggingConfigurationState } from './logging-configuration.ts'
import { oneToken, paging } from './paging.ts'
import { StoredText } from './text.ts'

export const DeliveryStatusInput = z.object({}).prefault({})
export type DeliveryStatusInput = z.infer<typeof DeliveryStatusInput>

/**
 * `idle`: nothing to deliver; `held`: a person must act (no access, no such destination); `no-writer`: there is something
 * to deliver, and no writer is alive that would.
 */
export type DeliveryState = 'idle' | 'flowing' | 'retrying' | 'held' | 'no-writer'

/** How delivery to one logging configuration stands. Times are ISO strings. */
export type DeliveryStatus = {
  readonly loggingConfigurationArn: string
  readonly destinationConfiguration: DestinationConfiguration
  /** Of the configuration itself: rooms log to it only while it is ACTIVE. What was logged before is delivered all the same. */
  readonly configurationState: LoggingConfigurationState
  /** Why that is a failed one. */
  readonly configurationStateReason?: string | undefined
  readonly state: DeliveryState
  readonly backlogRecords: number
  /** Age of the oldest record that is not delivered; 0 if there is none. */
  readonly lagSeconds: number
  readonly lastDeliveredTime?: string | undefined
  readonly lastError?: string | undefined
  readonly nextProbeTime?: string | undefined
  readonly counters: DeliveryCounters
}

/** Since the configuration was made. The last three are IVS's metrics; the first of them counts every failure. */
export type DeliveryCounters = {
  readonly delivered: number
  readonly repeatsPossible: number
  readonly deadLetters: number
  readonly givenUp: number
  readonly LogDestinationErrors: number
  readonly LogDestinationAccessDeniedError: number
  readonly LogDestinationResourceNotFoundErrors: number
}

export type DeliveryStatusOutput = {
  readonly loggingConfigurations: readonly DeliveryStatus[]
  /** Writers alive, of the whole deployment. With none, nothing is delivered to anybody. */
  readonly writers: number
}

export const ListDeadLettersInput = z
  .object({ ...paging, loggingConfigurationIdentifier: LoggingConfigurationArn.optional() })
  .prefault({})
  .transform(oneToken)
export type ListDeadLettersInput = z.infer<typeof ListDeadLettersInput>

/** A record that its destination refused for good, kept until it is sent again or discarded. */
export type DeadLetter = {
  readonly id: string
  /** Also of a configuration that is gone. */
  readonly loggingConfigurationArn: string
  /** What refused it. */
  readonly destinationConfiguration: DestinationConfiguration
  readonly roomArn: string
  /** Its `payload.Id`. */
  readonly messageId: string
  readonly reason: string
  /** The record's line of JSON, as it would be in the log. */
  readonly record: string
  /** When it was refused, as an ISO string. */
  readonly createTime: string
}

export type ListDeadLettersOutput = {
  /** Oldest first. */
  readonly deadLetters: readonly DeadLetter[]
  readonly nextToken?: string | undefined
}

const deadLetterIds = z
  .array(StoredText.regex(/^[1-9][0-9]{0,17}$/, 'Must be the id of a dead letter'))
  .min(1)
  .max(DEAD_LETTER_IDS_MAX)
  .optional()

/** Without ids: any, the oldest first. */
export const RedriveDeadLettersInput = z.object({
  loggingConfigurationIdentifier: LoggingConfigurationArn,
  deadLetterIds,
})
export type RedriveDeadLettersInput = z.infer<typeof RedriveDeadLettersInput>

/** `redriven` by this call; `remaining` of the logging configuration. */
export type RedriveDeadLettersOutput = { readonly redriven: number; readonly remaining: number }

/** A message that its destination refuses, and that `delivery.status` names as what a configuration is held for. */
export const SetAsideInput = z.object({
  loggingConfigurationIdentifier: LoggingConfigurationArn,
  messageId: MessageId,
})
export type SetAsideInput = z.infer<typeof SetAsideInput>

/** The configuration may be gone already. Without ids: any, the oldest first. */
export const DiscardDeadLettersInput = z.object({
  loggingConfigurationIdentifier: LoggingConfigurationArn,
  deadLetterIds,
})
export type DiscardDeadLettersInput = z.infer<typeof DiscardDeadLettersInput>

/** `discarded` by this call; `remaining` of the logging configuration. */
export type DiscardDeadLettersOutput = { readonly discarded: number; readonly remaining: number }
