import {
  type Destination,
  destinationOf,
  fail,
  type LoggingConfiguration,
  type LoggingConfigurationId,
  ok,
  type Result,
  type UpdateLoggingConfigurationInput,
  validationException,
} from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { type Tx, transactionOf } from '../../database/transact.ts'
import { operation } from '../../operation.ts'
import { loggingConfigurationIdOf } from '../resource.ts'
import { getLoggingConfiguration } from './get.ts'
import { conflict, lockLoggingConfiguration } from './lock.ts'
import { loggingConfigurationSelect, presentLoggingConfiguration } from './present.ts'
import { addDestinationVersion } from './version.ts'

export default operation('loggingConfiguration.update', updateLoggingConfiguration)

/**
 * A new destination is checked before anything changes. One that cannot be used refuses the whole update, and the
 * configuration goes on as it was: a slip of the pen must not stop a log that works, as UPDATE_FAILED would.
 * Records committed before the change still go where the configuration pointed then.
 */
async function updateLoggingConfiguration(
  ctx: Context,
  input: UpdateLoggingConfigurationInput,
): Promise<Result<LoggingConfiguration>> {
  const id = loggingConfigurationIdOf(ctx, input.identifier)
  if (!id.ok) return id
  const existing = await getLoggingConfiguration(ctx, { identifier: input.identifier })
  if (!existing.ok) return existing
  const { destinationConfiguration } = input
  const destination = destinationConfiguration === undefined ? undefined : destinationOf(destinationConfiguration)
  if (destination !== undefined) {
    const check = await ctx.checkDestination(destination, { accountId: ctx.accountId, signal: ctx.signal })
    if (check.status === 'failed') return unusable(check.failure.message)
  }
  return ctx.transact((tx) => change(ctx, tx, id.value, { name: input.name, destination }))
}

async function change(
  ctx: Context,
  tx: Tx,
  id: LoggingConfigurationId,
  to: { readonly name: string | undefined; readonly destination: Destination | undefined },
): Promise<Result<LoggingConfiguration>> {
  const locked = await lockLoggingConfiguration(ctx, tx, id)
  if (!locked.ok) return locked
  const before = locked.value
  if (before.state === 'DELETING') return conflict(id, 'The logging configuration is being deleted')
  const moves =
    to.destination !== undefined && !isSame(to.destination, before.destinationVersion) ? to.destination : undefined
  // An unchanged destination that has passed its check now heals a configuration that had failed.
  const heals = to.destination !== undefined && before.state !== 'ACTIVE'
  const row = await tx.loggingConfiguration.update({
    where: { id },
    data: {
      updatedAt: new Date(ctx.clock.nowMs()),
      ...(to.name === undefined ? {} : { name: to.name }),
      ...(moves ? { destinationVersionId: await addDestinationVersion(ctx, tx, id, moves) } : {}),
      ...(moves !== undefined || heals ? { state: 'ACTIVE', stateReason: null } : {}),
    },
    select: loggingConfigurationSelect,
  })
  if (moves !== undefined || heals) await ctx.journal.announce(transactionOf(tx))
  return ok(presentLoggingConfiguration(ctx.region, row))
}

function isSame(a: Destination, b: { readonly kind: string; readonly target: string }): boolean {
  return a.kind === b.kind && a.target === b.target
}

function unusable(reason: string) {
  const name = 'destinationConfiguration'
  const message = `The destination cannot be used, nothing was changed: ${reason}`
  return fail(
    validationException(message, { reason: 'FIELD_VALIDATION_FAILED', fieldList: [{ name, message: reason }] }),
  )
}
