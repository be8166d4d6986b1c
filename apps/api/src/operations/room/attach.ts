import {
  fail,
  type LoggingConfigurationArn,
  type LoggingConfigurationId,
  ok,
  type Result,
  resourceNotFoundException,
} from '@roomlog/domain'
import type { Context } from '../../context.ts'
import type { Tx } from '../../database/transact.ts'
import { loggingConfigurationIdOf, notFound } from '../resource.ts'

/**
 * Makes sure that a room may list these configurations, and keeps them from being deleted before the transaction ends:
 * of an attach and a delete at the same time, one sees the other. One that is being deleted is as good as gone;
 * one that failed may be listed, and logs once an update has made it ACTIVE.
 */
export async function holdForRoom(
  ctx: Context,
  tx: Tx,
  arns: readonly LoggingConfigurationArn[],
): Promise<Result<readonly LoggingConfigurationId[]>> {
  const ids: LoggingConfigurationId[] = []
  for (const arn of arns) {
    const id = loggingConfigurationIdOf(ctx, arn)
    if (!id.ok) return id
    ids.push(id.value)
  }
  if (ids.length === 0) return ok(ids)
  const rows = await tx.$queryRaw<{ id: string; state: string }[]>`
    select id, state from logging_configuration
     where account_id = ${ctx.accountId} and id = any(${ids}::text[])
     order by id for share`
  const states = new Map(rows.map((row) => [row.id, row.state]))
  for (const id of ids) {
    const state = states.get(id)
    if (state === undefined) return notFound('LOGGING_CONFIGURATION', id)
    if (state === 'DELETING') {
      const resource = { resourceId: id, resourceType: 'LOGGING_CONFIGURATION' } as const
      return fail(resourceNotFoundException(resource, 'The logging configuration is being deleted'))
    }
  }
  return ok(ids)
}

/** The room's list as rows, in its order. */
export function listedRows(ids: readonly LoggingConfigurationId[]) {
  return ids.map((loggingConfigurationId, ordinal) => ({ loggingConfigurationId, ordinal }))
}
