import {
  fail,
  type LoggingConfigurationArn,
  type LoggingConfigurationId,
  ok,
  type Result,
  validationException,
} from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import type { LoggingConfigurationStanding } from '../../store/logging-configurations.ts'
import type { Tables } from '../../store/store.ts'
import { loggingConfigurationIdOf, notFound } from '../resource.ts'

/**
 * Makes sure that a room may list these configurations, and keeps them from being deleted before the transaction ends:
 * of an attach and a delete at the same time, one sees the other. Only an ACTIVE one is attached, since no other logs and
 * the caller would not notice. One that the room lists already may stay, so that the rest of the list can be changed.
 */
export async function holdForRoom(
  ctx: Needs<'region'>,
  tx: Pick<Tables, 'loggingConfigurations'>,
  arns: readonly LoggingConfigurationArn[],
  listedBefore: readonly string[] = [],
): Promise<Result<readonly LoggingConfigurationId[]>> {
  const ids: LoggingConfigurationId[] = []
  for (const arn of arns) {
    const id = loggingConfigurationIdOf(ctx, arn)
    if (!id.ok) return id
    ids.push(id.value)
  }
  if (ids.length === 0) return ok(ids)
  const rows = await tx.loggingConfigurations.hold(ctx.accountId, ids)
  const found = new Map(rows.map((row) => [row.id, row]))
  for (const id of ids) {
    const row = found.get(id)
    if (row === undefined) return notFound('LOGGING_CONFIGURATION', id)
    if (row.state !== 'ACTIVE' && !listedBefore.includes(id)) return notActive(row)
  }
  return ok(ids)
}

function notActive({ id, state, state_reason: reason }: LoggingConfigurationStanding) {
  const message = `The logging configuration ${id} is ${state}, not ACTIVE, and would not log${reason === null ? '' : `: ${reason}`}`
  const fieldList = [{ name: 'loggingConfigurationIdentifiers', message }]
  return fail(validationException(message, { reason: 'FIELD_VALIDATION_FAILED', fieldList }))
}
