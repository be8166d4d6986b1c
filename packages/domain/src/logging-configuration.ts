import { z } from 'zod'
import { LoggingConfigurationArn } from './arn.ts'
import { DestinationConfiguration, DestinationConfigured } from './destination.ts'
import { Name } from './name.ts'
import { Nothing } from './nothing.ts'
import { operation } from './operation.ts'
import { nextToken, oneToken, paging } from './paging.ts'
import { QUOTAS } from './quotas.ts'
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
export const LoggingConfiguration = z
  .object({
    arn: z.string(),
    id: z.string(),
    createTime: z.iso.datetime(),
    updateTime: z.iso.datetime(),
    name: z.string(),
    destinationConfiguration: DestinationConfigured,
    state: LoggingConfigurationState,
    /** Why the state is a failed one. */
    stateReason: z.string().optional(),
    tags: Tags,
  })
  .readonly()
export type LoggingConfiguration = z.infer<typeof LoggingConfiguration>

export const ListLoggingConfigurationsOutput = z
  .object({ loggingConfigurations: z.array(LoggingConfiguration).readonly(), nextToken })
  .readonly()
export type ListLoggingConfigurationsOutput = z.infer<typeof ListLoggingConfigurationsOutput>

const rate = <const N extends string>(name: N) =>
  ({ name, perSecond: QUOTAS.loggingConfigurationOperationsPerSecond, counts: 'calls' }) as const

const ARN = 'arn:aws:ivschat:us-east-1:123456789012:logging-configuration/GhIjKl789012'
const EXAMPLE = {
  arn: ARN,
  id: 'GhIjKl789012',
  createTime: '2026-12-01T10:00:00.000Z',
  updateTime: '2026-12-01T10:00:00.000Z',
  name: 'archive',
  destinationConfiguration: { s3: { bucketName: 'my-chat-archive' } },
  state: 'ACTIVE',
  tags: {},
}

export const loggingConfigurationOperations = {
  'loggingConfiguration.create': operation({
    kind: 'mutation',
    scopes: ['admin'],
    rate: rate('CREATE_LOGGING_CONFIGURATION'),
    input: CreateLoggingConfigurationInput,
    output: LoggingConfiguration,
    errors: ['ResourceNotFoundException', 'ServiceQuotaExceededException'],
    ivsName: 'CreateLoggingConfiguration',
    description:
      'Makes a logging configuration. Its destination is checked the way delivery uses it; where it cannot be used, nothing is made and the error says what is wrong.',
    example: {
      input: { name: 'archive', destinationConfiguration: { s3: { bucketName: 'my-chat-archive' } } },
      output: EXAMPLE,
    },
  }),
  'loggingConfiguration.get': operation({
    kind: 'query',
    scopes: ['read', 'moderate'],
    rate: rate('GET_LOGGING_CONFIGURATION'),
    input: GetLoggingConfigurationInput,
    output: LoggingConfiguration,
    errors: ['ResourceNotFoundException'],
    ivsName: 'GetLoggingConfiguration',
    description: 'One logging configuration.',
    example: { input: { identifier: ARN }, output: EXAMPLE },
  }),
  'loggingConfiguration.list': operation({
    kind: 'query',
    scopes: ['read', 'moderate'],
    rate: rate('LIST_LOGGING_CONFIGURATIONS'),
    input: ListLoggingConfigurationsInput,
    output: ListLoggingConfigurationsOutput,
    errors: [],
    ivsName: 'ListLoggingConfigurations',
    description: 'The logging configurations of the account, latest change first.',
    example: { input: {}, output: { loggingConfigurations: [EXAMPLE] } },
  }),
  'loggingConfiguration.update': operation({
    kind: 'mutation',
    scopes: ['admin'],
    rate: rate('UPDATE_LOGGING_CONFIGURATION'),
    input: UpdateLoggingConfigurationInput,
    output: LoggingConfiguration,
    errors: ['ResourceNotFoundException', 'ConflictException'],
    ivsName: 'UpdateLoggingConfiguration',
    description:
      'Changes a logging configuration, also to another type of destination; its ARN stays. What was acknowledged before the change goes where the configuration pointed then.',
    example: { input: { identifier: ARN, name: 'archive' }, output: EXAMPLE },
  }),
  'loggingConfiguration.delete': operation({
    kind: 'mutation',
    scopes: ['admin'],
    rate: rate('DELETE_LOGGING_CONFIGURATION'),
    input: DeleteLoggingConfigurationInput,
    output: Nothing,
    errors: ['ResourceNotFoundException', 'ConflictException'],
    ivsName: 'DeleteLoggingConfiguration',
    description:
      'Deletes a logging configuration that no room lists. What was acknowledged for it is delivered first, for 24 hours at most, unless `abandonBacklog` gives it up.',
    example: { input: { identifier: ARN }, output: {} },
  }),
}
