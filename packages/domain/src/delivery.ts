import { z } from 'zod'
import type { DestinationConfiguration } from './destination.ts'

export const DeliveryStatusInput = z.object({}).prefault({})
export type DeliveryStatusInput = z.infer<typeof DeliveryStatusInput>

/** `idle`: nothing to deliver; `held`: a person must act (no access, no such destination). */
export type DeliveryState = 'idle' | 'flowing' | 'retrying' | 'held'

/** How delivery to one logging configuration stands. Times are ISO strings. */
export type DeliveryStatus = {
  readonly loggingConfigurationArn: string
  readonly destinationConfiguration: DestinationConfiguration
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

export type DeliveryStatusOutput = { readonly loggingConfigurations: readonly DeliveryStatus[] }
