import { DestinationVersionId, type LoggingConfigurationArn, ok, type Result } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { loggingConfigurationIdOf, notFound } from '../resource.ts'

/** All destinations that a logging configuration of the account has had; they outlive it. */
export async function destinationVersionsOf(
  ctx: Context,
  arn: LoggingConfigurationArn,
): Promise<Result<{ readonly ids: readonly DestinationVersionId[] }>> {
  const id = loggingConfigurationIdOf(ctx, arn)
  if (!id.ok) return id
  const { rows } = await ctx.pool.query<{ id: number }>(VERSIONS, [id.value, ctx.accountId])
  if (rows.length === 0) return notFound('LOGGING_CONFIGURATION', id.value)
  return ok({ ids: rows.map((row) => DestinationVersionId.parse(row.id)) })
}

const VERSIONS =
  'select id from destination_version where logging_configuration_id = $1 and account_id = $2 order by id'
