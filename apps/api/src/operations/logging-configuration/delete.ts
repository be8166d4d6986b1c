import { type DeleteLoggingConfigurationInput, type Nothing, ok, type Result } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { transactionOf } from '../../database/transact.ts'
import { operation } from '../../operation.ts'
import { loggingConfigurationIdOf } from '../resource.ts'
import { abandonBacklog } from './abandon.ts'
import { conflict, lockLoggingConfiguration } from './lock.ts'

export default operation('loggingConfiguration.delete', deleteLoggingConfiguration)

/**
 * DELETING first: the writer delivers what is owed and then deletes the row. `abandonBacklog` ends that at once,
 * also for one that is DELETING already.
 */
async function deleteLoggingConfiguration(
  ctx: Context,
  input: DeleteLoggingConfigurationInput,
): Promise<Result<Nothing>> {
  const id = loggingConfigurationIdOf(ctx, input.identifier)
  if (!id.ok) return id
  return ctx.transact(async (tx) => {
    const locked = await lockLoggingConfiguration(ctx, tx, id.value)
    if (!locked.ok) return locked
    const rooms = await tx.roomLoggingConfiguration.count({ where: { loggingConfigurationId: id.value } })
    if (rooms > 0) return conflict(id.value, 'A room lists the logging configuration; detach it first')
    if (input.abandonBacklog) {
      await abandonBacklog(ctx, tx, id.value)
      await tx.loggingConfiguration.delete({ where: { id: id.value } })
    } else {
      if (locked.value.state === 'DELETING') return conflict(id.value, 'The logging configuration is being deleted')
      const now = new Date(ctx.clock.nowMs())
      await tx.loggingConfiguration.update({
        where: { id: id.value },
        data: { state: 'DELETING', stateReason: null, deletingSince: now, updatedAt: now },
      })
    }
    await ctx.journal.announce(transactionOf(tx))
    return ok({})
  })
}
