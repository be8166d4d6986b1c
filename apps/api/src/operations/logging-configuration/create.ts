import {
  accessDeniedException,
  type CreateLoggingConfigurationInput,
  type Destination,
  destinationOf,
  fail,
  type LoggingConfiguration,
  newDestinationVersionId,
  ok,
  type Result,
  resourceNotFoundException,
  serviceQuotaExceededException,
  validationException,
} from '@roomlog/domain'
import type { Failure } from '@roomlog/sinks'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import { presentLoggingConfiguration } from './present.ts'

export default operation('loggingConfiguration.create', createLoggingConfiguration)

/**
 * The destination is checked first and the row made in its final state, so that a process that dies in between leaves
 * nothing in CREATING. A destination that cannot be used refuses the call and nothing is made: a caller that is answered
 * attaches what it got and believes its messages logged.
 */
async function createLoggingConfiguration(
  ctx: Needs<'region' | 'store' | 'clock' | 'newId' | 'randomBytes' | 'ceilings' | 'checkDestination'>,
  { name, tags, destinationConfiguration }: CreateLoggingConfigurationInput,
): Promise<Result<LoggingConfiguration>> {
  const { accountId, region, store } = ctx
  const limit = ctx.ceilings.loggingConfigurationsMax
  const quota = serviceQuotaExceededException({ resourceId: accountId, resourceType: 'LOGGING_CONFIGURATION', limit })
  if ((await store.loggingConfigurations.count(accountId)) >= limit) return fail(quota)

  const destination = destinationOf(destinationConfiguration)
  const createdAt = new Date(ctx.clock.nowMs())
  const check = await ctx.checkDestination(destination, { accountId, signal: ctx.signal })
  if (check.status === 'failed') return unusable(check.failure, destination)
  return store.transact(async (tx) => {
    await tx.accounts.lock(accountId)
    if ((await tx.loggingConfigurations.count(accountId)) >= limit) return fail(quota)
    const id = ctx.newId()
    const drawId = () => newDestinationVersionId(ctx.randomBytes)
    const version = { loggingConfigurationId: id, accountId, region, destination, createdAt, drawId }
    const destinationVersionId = await tx.destinationVersions.create(version)
    const updatedAt = new Date(ctx.clock.nowMs())
    const configuration = {
      id,
      accountId,
      name,
      tags,
      destinationVersionId,
      createdAt,
      updatedAt,
      state: 'ACTIVE',
    } as const
    return ok(presentLoggingConfiguration(region, await tx.loggingConfigurations.create(configuration)))
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
