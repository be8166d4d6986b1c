import { z } from 'zod'
import { LoggingConfigurationArn } from './arn.ts'
import { DestinationConfiguration } from './destination.ts'
import { Name } from './name.ts'
import { oneToken, paging } from './paging.ts'
import { Tags } from './string-map.ts'

/** Only an ACTIVE one is logged to. */
export const LoggingConfigurationState = z.enum([
  'CREATING',
  'CREATE_FAILED',
  'DELETING',
  'DELETE_FAILED',
  'UPDATING',
  'UPDATE_FAILED',
  'ACTIVE',
])
export type LoggingConfigurationState = z.infer<typeof LoggingConfigurationState>

export const CreateLoggingConfigurationInput = z.object({
  name: Name.default(''),
  destinationConfiguration: DestinationConfiguration,
  tags: Tags.default({}),
})
export type CreateLoggingConfigurationInput = z.infer<typeof CreateLoggingConfigurationInput>

/** What is left out stays as it is. */
export const UpdateLoggingConfigurationInput = z.object({
  identifier: LoggingConfigurationArn,
  name: Name.optional(),
  destinationConfiguration: DestinationConfiguration.optional(),
})
export type UpdateLoggingConfigurationInput = z.infer<typeof UpdateLoggingConfigurationInput>

export const GetLoggingConfigurationInput = z.object({ identifier: LoggingConfigurationArn })
export type GetLoggingConfigurationInput = z.infer<typeof GetLoggingConfigurationInput>

/** `abandonBacklog` gives up what is not delivered yet, instead of draining it first. */
export const DeleteLoggingConfigurationInput = z.object({
  identifier: LoggingConfigurationArn,
  abandonBacklog: z.boolean().optional(),
})
export type DeleteLoggingConfigurationInput = z.infer<typeof DeleteLoggingConfigurationInput>

export const ListLoggingConfigurationsInput = z.object(paging).prefault({}).transform(oneToken)
export type ListLoggingConfigurationsInput = z.infer<typeof ListLoggingConfigurationsInput>

/** Times are ISO strings. */
export type LoggingConfiguration = {
  readonly arn: string
  readonly id: string
  readonly createTime: string
  readonly updateTime: string
  readonly name: string
  readonly destinationConfiguration: DestinationConfiguration
  readonly state: LoggingConfigurationState
  /** Why the state is a failed one. */
  readonly stateReason?: string | undefined
  readonly tags: Readonly<Record<string, string>>
}

export type ListLoggingConfigurationsOutput = {
  readonly loggingConfigurations: readonly LoggingConfiguration[]
  readonly nextToken?: string | undefined
}
