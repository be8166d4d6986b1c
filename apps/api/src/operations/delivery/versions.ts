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

/** How many dead letters the destinations have. */
export async function countDeadLetters(ctx: Context, versions: readonly DestinationVersionId[]): Promise<number> {
  const { rows } = await ctx.pool.query<{ count: number }>(COUNT, [versions])
  return rows[0]?.count ?? 0
}

const COUNT = 'select count(*)::bigint as count from dead_letter where destination_version_id = any($1::integer[])'
