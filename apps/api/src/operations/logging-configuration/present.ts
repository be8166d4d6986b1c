import type { Prisma } from '@roomlog/db'
import {
  AccountId,
  configurationOf,
  type DestinationKind,
  type LoggingConfiguration,
  LoggingConfigurationId,
  LoggingConfigurationState,
  loggingConfigurationArn,
  Tags,
} from '@roomlog/domain'
import { z } from 'zod'

/** What is read of a logging configuration to show it. */
export const loggingConfigurationSelect = {
  id: true,
  accountId: true,
  name: true,
  state: true,
  stateReason: true,
  tags: true,
  createdAt: true,
  updatedAt: true,
  destinationVersion: { select: { kind: true, target: true } },
} as const satisfies Prisma.LoggingConfigurationSelect

export type LoggingConfigurationRow = Prisma.LoggingConfigurationGetPayload<{
  select: typeof loggingConfigurationSelect
}>

const Kind = z.enum(['s3', 'cloudWatchLogs', 'firehose']) satisfies z.ZodType<DestinationKind>

export function presentLoggingConfiguration(region: string, row: LoggingConfigurationRow): LoggingConfiguration {
  const accountId = AccountId.parse(row.accountId)
  const loggingConfigurationId = LoggingConfigurationId.parse(row.id)
  const { kind, target } = row.destinationVersion
  return {
    arn: loggingConfigurationArn({ region, accountId, loggingConfigurationId }),
    id: loggingConfigurationId,
    createTime: row.createdAt.toISOString(),
    updateTime: row.updatedAt.toISOString(),
    name: row.name,
    destinationConfiguration: configurationOf({ kind: Kind.parse(kind), target }),
    state: LoggingConfigurationState.parse(row.state),
    ...(row.stateReason === null ? {} : { stateReason: row.stateReason }),
    tags: Tags.parse(row.tags),
  }
}
