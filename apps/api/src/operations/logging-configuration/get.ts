import { type GetLoggingConfigurationInput, type LoggingConfiguration, ok, type Result } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { operation } from '../../operation.ts'
import { loggingConfigurationIdOf, notFound } from '../resource.ts'
import { loggingConfigurationSelect, presentLoggingConfiguration } from './present.ts'

export default operation('loggingConfiguration.get', getLoggingConfiguration)

export async function getLoggingConfiguration(
  ctx: Context,
  input: GetLoggingConfigurationInput,
): Promise<Result<LoggingConfiguration>> {
  const id = loggingConfigurationIdOf(ctx, input.identifier)
  if (!id.ok) return id
  const row = await ctx.db.loggingConfiguration.findFirst({
    where: { id: id.value, accountId: ctx.accountId },
    select: loggingConfigurationSelect,
  })
  if (row === null) return notFound('LOGGING_CONFIGURATION', id.value)
  return ok(presentLoggingConfiguration(ctx.region, row))
}
