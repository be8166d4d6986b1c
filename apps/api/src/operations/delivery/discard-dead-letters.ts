import { type DiscardDeadLettersInput, type DiscardDeadLettersOutput, ok, type Result } from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import { destinationVersionsOf } from './versions.ts'

/** Of one call; the caller comes back while some remain. */
const LETTERS_MAX = 1_000

export default operation('delivery.discardDeadLetters', discardDeadLetters)

/** Deletes dead letters of a logging configuration, which may itself be gone, for good. */
async function discardDeadLetters(
  ctx: Needs<'region' | 'store' | 'journal'>,
  input: DiscardDeadLettersInput,
): Promise<Result<DiscardDeadLettersOutput>> {
  const versions = await destinationVersionsOf(ctx, input.loggingConfigurationIdentifier)
  if (!versions.ok) return versions
  const from = versions.value.map(({ id }) => id)
  const discarded = await ctx.journal.discard({ from, letterIds: input.deadLetterIds, lettersMax: LETTERS_MAX })
  return ok({ discarded, remaining: await ctx.journal.countLetters(from) })
}
