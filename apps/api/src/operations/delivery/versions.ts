import { type LoggingConfigurationArn, ok, type Result } from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import type { DestinationVersionRow } from '../../store/destination-versions.ts'
import { loggingConfigurationIdOf, notFound } from '../resource.ts'

/** All destinations that a logging configuration of the account has had; they outlive it. */
export async function destinationVersionsOf(
  ctx: Needs<'region' | 'store'>,
  arn: LoggingConfigurationArn,
): Promise<Result<readonly DestinationVersionRow[]>> {
  const id = loggingConfigurationIdOf(ctx, arn)
  if (!id.ok) return id
  const versions = await ctx.store.destinationVersions.list(ctx.accountId, { loggingConfigurationId: id.value })
  if (versions.length === 0) return notFound('LOGGING_CONFIGURATION', id.value)
  return ok(versions)
}
