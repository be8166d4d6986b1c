import { type GetLoggingConfigurationInput, type LoggingConfiguration, ok, type Result } from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import { loggingConfigurationIdOf, notFound } from '../resource.ts'
import { presentLoggingConfiguration } from './present.ts'

export default operation('loggingConfiguration.get', getLoggingConfiguration)

async function getLoggingConfiguration(
  ctx: Needs<'region' | 'store'>,
  input: GetLoggingConfigurationInput,
): Promise<Result<LoggingConfiguration>> {
  const id = loggingConfigurationIdOf(ctx, input.identifier)
  if (!id.ok) return id
  const row = await ctx.store.loggingConfigurations.find(ctx.accountId, id.value)
  if (row === undefined) return notFound('LOGGING_CONFIGURATION', id.value)
  return ok(presentLoggingConfiguration(ctx.region, row))
}
