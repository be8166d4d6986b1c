import {
  type Destination,
  destinationOf,
  fail,
  type LoggingConfiguration,
  type LoggingConfigurationId,
  newDestinationVersionId,
  ok,
  type Result,
  type UpdateLoggingConfigurationInput,
  validationException,
} from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import type { Transaction } from '../../store/store.ts'
import { loggingConfigurationIdOf, notFound } from '../resource.ts'
import { conflict } from './conflict.ts'
import { presentLoggingConfiguration } from './present.ts'

export default operation('loggingConfiguration.update', updateLoggingConfiguration)

/**
 * A new destination is checked before anything changes. One that cannot be used refuses the whole update, and the
 * configuration goes on as it was: a slip of the pen must not stop a log that works, as UPDATE_FAILED would.
 * Records committed before the change still go where the configuration pointed then.
 */
async function updateLoggingConfiguration(
  ctx: Needs<'region' | 'store' | 'clock' | 'journal' | 'randomBytes' | 'checkDestination'>,
  { identifier, name, destinationConfiguration }: UpdateLoggingConfigurationInput,
): Promise<Result<LoggingConfiguration>> {
  const { accountId } = ctx
  const id = loggingConfigurationIdOf(ctx, identifier)
  if (!id.ok) return id
  const existing = await ctx.store.loggingConfigurations.find(accountId, id.value)
  if (existing === undefined) return notFound('LOGGING_CONFIGURATION', id.value)
  const destination = destinationConfiguration === undefined ? undefined : destinationOf(destinationConfiguration)
  if (destination !== undefined) {
    const check = await ctx.checkDestination(destination, { accountId, signal: ctx.signal })
    if (check.status === 'failed') return unusable(check.failure.message)
  }
  return ctx.store.transact((tx) => change(ctx, tx, id.value, { name, destination }))
}

async function change(
  { region, accountId, clock, journal, randomBytes }: Needs<'region' | 'clock' | 'journal' | 'randomBytes'>,
  tx: Transaction,
  id: LoggingConfigurationId,
  { name, destination }: { readonly name: string | undefined; readonly destination: Destination | undefined },
): Promise<Result<LoggingConfiguration>> {
  const before = await tx.loggingConfigurations.lock(accountId, id)
  if (before === undefined) return notFound('LOGGING_CONFIGURATION', id)
  if (before.state === 'DELETING') return conflict(id, 'The logging configuration is being deleted')
  const updatedAt = new Date(clock.nowMs())
  const destinationVersionId =
    destination === undefined || isSame(destination, before.destinationVersion)
      ? undefined
      : await tx.destinationVersions.create({
          loggingConfigurationId: id,
          accountId,
          region,
          destination,
          createdAt: updatedAt,
          drawId: () => newDestinationVersionId(randomBytes),
        })
  // An unchanged destination that has passed its check now heals a configuration that had failed.
  const heals = destination !== undefined && before.state !== 'ACTIVE'
  const becomes = destinationVersionId !== undefined || heals ? 'ACTIVE' : undefined
  const row = await tx.loggingConfigurations.update(id, { updatedAt, name, destinationVersionId, becomes })
  if (becomes !== undefined) await journal.announce(tx.shared)
  return ok(presentLoggingConfiguration(region, row))
}

function isSame(a: Destination, b: Destination): boolean {
  return a.kind === b.kind && a.target === b.target
}

function unusable(reason: string) {
  const name = 'destinationConfiguration'
  const message = `The destination cannot be used, nothing was changed: ${reason}`
  return fail(
    validationException(message, { reason: 'FIELD_VALIDATION_FAILED', fieldList: [{ name, message: reason }] }),
  )
}
