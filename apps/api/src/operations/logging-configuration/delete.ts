import { type DeleteLoggingConfigurationInput, type Nothing, ok, type Result } from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { transactionOf } from '../../database/transact.ts'
import { operation } from '../../operation.ts'
import { loggingConfigurationIdOf, notFound } from '../resource.ts'
import { abandonBacklog } from './abandon.ts'
import { conflict } from './lock.ts'

export default operation('loggingConfiguration.delete', deleteLoggingConfiguration)

/**
 * DELETING first: the writer delivers what is owed and then deletes the row. `abandonBacklog` ends that at once,
 * also for one that is DELETING already.
 */
async function deleteLoggingConfiguration(
  ctx: Needs<'region' | 'store' | 'clock' | 'journal'>,
  input: DeleteLoggingConfigurationInput,
): Promise<Result<Nothing>> {
  const { accountId } = ctx
  const id = loggingConfigurationIdOf(ctx, input.identifier)
  if (!id.ok) return id
  return ctx.store.transact(async (tx) => {
    const before = await tx.loggingConfigurations.lock(accountId, id.value)
    if (before === undefined) return notFound('LOGGING_CONFIGURATION', id.value)
    if ((await tx.loggingConfigurations.roomsOf(id.value)) > 0) {
      return conflict(id.value, 'A room lists the logging configuration; detach it first')
    }
    if (input.abandonBacklog) {
      await abandonBacklog(ctx, tx.sql, id.value)
      await tx.loggingConfigurations.delete(id.value)
    } else {
      if (before.state === 'DELETING') return conflict(id.value, 'The logging configuration is being deleted')
      await tx.loggingConfigurations.update(id.value, {
        becomes: 'DELETING',
        updatedAt: new Date(ctx.clock.nowMs()),
      })
    }
    await ctx.journal.announce(transactionOf(tx.sql))
    return ok({})
  })
}
