import {
  type CreateLoggingConfigurationInput,
  destinationOf,
  fail,
  type LoggingConfiguration,
  ok,
  type Result,
  serviceQuotaExceededException,
} from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { lockAccount } from '../../database/transact.ts'
import { operation } from '../../operation.ts'
import { loggingConfigurationSelect, presentLoggingConfiguration } from './present.ts'

export default operation('loggingConfiguration.create', createLoggingConfiguration)

/**
 * The destination is checked first and the row made in its final state, so that a process that dies in between leaves
 * nothing in CREATING. A destination that cannot be used gives CREATE_FAILED with the reason: it is never logged to,
 * until an update finds it usable.
 */
async function createLoggingConfiguration(
  ctx: Context,
  input: CreateLoggingConfigurationInput,
): Promise<Result<LoggingConfiguration>> {
  const { accountId, region } = ctx
  const limit = ctx.ceilings.loggingConfigurationsMax
  const quota = serviceQuotaExceededException({ resourceId: accountId, resourceType: 'LOGGING_CONFIGURATION', limit })
  // One that is on its way out makes room for the next at once, however long it drains.
  const where = { accountId, state: { not: 'DELETING' } }
  if ((await ctx.db.loggingConfiguration.count({ where })) >= limit) return fail(quota)

  const destination = destinationOf(input.destinationConfiguration)
  const startedAt = new Date(ctx.clock.nowMs())
  const check = await ctx.checkDestination(destination, { signal: ctx.signal })
  return ctx.transact(async (tx) => {
    await lockAccount(tx, accountId)
    if ((await tx.loggingConfiguration.count({ where })) >= limit) return fail(quota)
    const id = ctx.newId()
    const version = await tx.destinationVersion.create({
      data: { loggingConfigurationId: id, accountId, region, ...destination, createdAt: startedAt },
      select: { id: true },
    })
    const row = await tx.loggingConfiguration.create({
      data: {
        id,
        accountId,
        name: input.name,
        tags: input.tags,
        destinationVersionId: version.id,
        createdAt: startedAt,
        updatedAt: new Date(ctx.clock.nowMs()),
        ...(check.status === 'ok'
          ? { state: 'ACTIVE' }
          : { state: 'CREATE_FAILED', stateReason: check.failure.message }),
      },
      select: loggingConfigurationSelect,
    })
    return ok(presentLoggingConfiguration(region, row))
  })
}
