import { conflictException, fail, type LoggingConfigurationId, ok, type Result } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import type { Tx } from '../../database/transact.ts'
import { notFound } from '../resource.ts'
import { type LoggingConfigurationRow, loggingConfigurationSelect } from './present.ts'

/** Holds the configuration against every other change, attaching included, until the transaction ends. */
export async function lockLoggingConfiguration(
  ctx: Context,
  tx: Tx,
  id: LoggingConfigurationId,
): Promise<Result<LoggingConfigurationRow>> {
  const [locked] = await tx.$queryRaw<unknown[]>`
    select id from logging_configuration where id = ${id} and account_id = ${ctx.accountId} for update`
  if (locked === undefined) return notFound('LOGGING_CONFIGURATION', id)
  return ok(await tx.loggingConfiguration.findUniqueOrThrow({ where: { id }, select: loggingConfigurationSelect }))
}

export function conflict(id: LoggingConfigurationId, message: string) {
  return fail(conflictException({ resourceId: id, resourceType: 'LOGGING_CONFIGURATION' }, message))
}
