import { configurationOf, type LoggingConfiguration, loggingConfigurationArn } from '@roomlog/domain'
import type { LoggingConfigurationRow } from '../../store/logging-configurations.ts'

export function presentLoggingConfiguration(region: string, row: LoggingConfigurationRow): LoggingConfiguration {
  return {
    arn: loggingConfigurationArn({ region, accountId: row.accountId, loggingConfigurationId: row.id }),
    id: row.id,
    createTime: row.createdAt.toISOString(),
    updateTime: row.updatedAt.toISOString(),
    name: row.name,
    destinationConfiguration: configurationOf(row.destinationVersion),
    state: row.state,
    ...(row.stateReason === null ? {} : { stateReason: row.stateReason }),
    tags: row.tags,
  }
}
