import {
  fail,
  ok,
  type RedriveDeadLettersInput,
  type RedriveDeadLettersOutput,
  type Result,
  serviceUnavailable,
} from '@roomlog/domain'
import { toPartition } from '@roomlog/journal'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import { nextSendTimeNs } from '../chat/send-time.ts'
import { conflict } from '../logging-configuration/conflict.ts'
import { loggingConfigurationIdOf, notFound } from '../resource.ts'

/** Of one call; the caller comes back while some remain. */
const LETTERS_MAX = 1_000
const ATTEMPTS_MAX = 20
/** All of them are at the same config version. */
const ANY_PARTITION = toPartition(0)

export default operation('delivery.redrive', redriveDeadLetters)

/**
 * Sends dead letters of a logging configuration again, to where it points now. Each goes once or stays: what another
 * call has sent meanwhile is not there any more.
 */
async function redriveDeadLetters(
  ctx: Needs<'region' | 'store' | 'journal' | 'clock' | 'newAppendId'>,
  input: RedriveDeadLettersInput,
): Promise<Result<RedriveDeadLettersOutput>> {
  const id = loggingConfigurationIdOf(ctx, input.loggingConfigurationIdentifier)
  if (!id.ok) return id
  // The time that they are sent again at is this process's.
  const time = nextSendTimeNs(ctx)
  if (!time.ok) return time
  let redriven = 0
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    // First, so that it is over if the configuration changes before it is read.
    const configVersion = await ctx.journal.configVersion(ANY_PARTITION)
    const pointing = await ctx.store.loggingConfigurations.pointing(ctx.accountId, id.value)
    if (pointing === undefined) return notFound('LOGGING_CONFIGURATION', id.value)
    if (pointing.state !== 'ACTIVE') return conflict(id.value, 'The logging configuration is not ACTIVE')
    const { versions: from, to } = pointing
    const outcome = await ctx.journal.redrive({
      from,
      letterIds: input.deadLetterIds,
      lettersMax: LETTERS_MAX - redriven,
      to,
      configVersion,
      newAppendId: ctx.newAppendId,
    })
    redriven += outcome.letters
    if (outcome.status === 'redriven') return ok({ redriven, remaining: await ctx.journal.countLetters(from) })
  }
  return fail(serviceUnavailable('Logging configurations change too fast; try again'))
}
