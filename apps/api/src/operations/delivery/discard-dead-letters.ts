import { type DiscardDeadLettersInput, type DiscardDeadLettersOutput, ok, type Result } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { operation } from '../../operation.ts'
import { countDeadLetters, destinationVersionsOf } from './versions.ts'

/** Of one call; the caller comes back while some remain. */
const LETTERS_MAX = 1_000

export default operation('delivery.discardDeadLetters', discardDeadLetters)

/** Deletes dead letters of a logging configuration, which may itself be gone, for good. */
async function discardDeadLetters(
  ctx: Context,
  input: DiscardDeadLettersInput,
): Promise<Result<DiscardDeadLettersOutput>> {
  const versions = await destinationVersionsOf(ctx, input.loggingConfigurationIdentifier)
  if (!versions.ok) return versions
  const { ids } = versions.value
  const { rowCount } = await ctx.pool.query(DISCARD, [ids, input.deadLetterIds ?? null, LETTERS_MAX])
  return ok({ discarded: rowCount ?? 0, remaining: await countDeadLetters(ctx, ids) })
}

const DISCARD = `
delete from dead_letter
 where id in (select id from dead_letter
               where destination_version_id = any($1::integer[]) and ($2::bigint[] is null or id = any($2))
               order by id limit $3 for update skip locked)`
