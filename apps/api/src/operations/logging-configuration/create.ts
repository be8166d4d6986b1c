import {
  accessDeniedException,
  type CreateLoggingConfigurationInput,
  type Destination,
  destinationOf,
  fail,
  type LoggingConfiguration,
  ok,
  type Result,
  resourceNotFoundException,
  serviceQuotaExceededException,
  validationException,
} from '@roomlog/domain'
import type { Failure } from '@roomlog/sinks'
import type { Context } from '../../context.ts'
import { lockAccount } from '../../database/transact.ts'
import { operation } from '../../operation.ts'
import { loggingConfigurationSelect, presentLoggingConfiguration } from './present.ts'
import { addDestinationVersion } from './version.ts'

export default operation('loggingConfiguration.create', createLoggingConfiguration)

/**
 * The destination is checked first and the row made in its final state, so that a process that dies in between leaves
 * nothing in CREATING. A destination that cannot be used refuses the call and nothing is made: a caller that is answered
 * attaches what it got and believes its messages logged.
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
  const check = await ctx.checkDestination(destination, { accountId, signal: ctx.signal })
  if (check.status === 'failed') return unusable(check.failure, destination)
  return ctx.transact(async (tx) => {
    await lockAccount(tx, accountId)
    if ((await tx.loggingConfiguration.count({ where })) >= limit) return fail(quota)
    const id = ctx.newId()
    const destinationVersionId = await addDestinationVersion(ctx, tx, id, destination)
    const row = await tx.loggingConfiguration.create({
      data: {
        id,
        accountId,
        name: input.name,
        tags: input.tags,
        destinationVersionId,
        createdAt: startedAt,
        updatedAt: new Date(ctx.clock.nowMs()),
        state: 'ACTIVE',
      },
      select: loggingConfigurationSelect,
    })
    return ok(presentLoggingConfiguration(region, row))
  })
}

function unusable({ class: why, message: reason }: Failure, { target }: Destination) {
  const message = `The destination cannot be used, nothing was created: ${reason}`
  switch (why) {
    case 'missing':
      return fail(resourceNotFoundException({ resourceId: target, resourceType: 'DESTINATION' }, message))
    case 'access':
    case 'credentials':
      return fail(accessDeniedException(message))
    default: {
      const fieldList = [{ name: 'destinationConfiguration', message: reason }]
      return fail(validationException(message, { reason: 'FIELD_VALIDATION_FAILED', fieldList }))
    }
  }
}
