import { fail, type Nothing, ok, type Result, type SetAsideInput, validationException } from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import { destinationVersionsOf } from './versions.ts'

/** Of one destination; those that were set aside longest ago are forgotten. */
const KEPT_MAX = 100

export default operation('delivery.setAside', setAside)

/**
 * Has a message made a dead letter at its next probe, if its destination still refuses it: the way out where a lane is held
 * for it and nothing shows whether it or the destination is at fault.
 */
async function setAside(ctx: Needs<'region' | 'store' | 'journal'>, input: SetAsideInput): Promise<Result<Nothing>> {
  const { loggingConfigurationIdentifier, messageId } = input
  const versions = await destinationVersionsOf(ctx, loggingConfigurationIdentifier)
  if (!versions.ok) return versions
  // What a lane says of the message that it is held for names it.
  const held = (await ctx.journal.troubles(versions.value.map(({ id }) => id)))
    .filter(({ state, lastError = '' }) => state === 'held' && lastError.includes(messageId))
    .map(({ destinationVersionId }) => destinationVersionId)
  if (held.length === 0) {
    return fail(validationException(`${loggingConfigurationIdentifier} is not held for the message ${messageId}`))
  }
  await ctx.store.destinationVersions.setAside(held, messageId, KEPT_MAX)
  return ok({})
}
