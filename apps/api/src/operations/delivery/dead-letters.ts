import {
  configurationOf,
  type DeadLetter,
  type ListDeadLettersInput,
  type ListDeadLettersOutput,
  loggingConfigurationArn,
  ok,
  type Result,
  roomArn,
} from '@roomlog/domain'
import type { KeptLetter } from '@roomlog/journal'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import type { DestinationVersionRow } from '../../store/destination-versions.ts'
import { cutPage, pageStart, strangeToken } from '../page.ts'
import { destinationVersionsOf } from './versions.ts'

export default operation('delivery.deadLetters', listDeadLetters)

/** Dead letters of the account, or of one of its logging configurations, the oldest first. */
async function listDeadLetters(
  ctx: Needs<'region' | 'store' | 'journal'>,
  input: ListDeadLettersInput,
): Promise<Result<ListDeadLettersOutput>> {
  const start = pageStart(input.nextToken)
  if (!start.ok) return start
  const after = start.value?.id ?? '0'
  if (!/^[0-9]{1,18}$/.test(after)) return strangeToken()
  const identifier = input.loggingConfigurationIdentifier
  const chosen =
    identifier === undefined
      ? ok(await ctx.store.destinationVersions.list(ctx.accountId))
      : await destinationVersionsOf(ctx, identifier)
  if (!chosen.ok) return chosen
  const versions = new Map(chosen.value.map((version) => [version.id, version]))
  const from = [...versions.keys()]
  const letters = await ctx.journal.letters({ from, after, lettersMax: input.maxResults + 1 })
  const { page, ...more } = cutPage(letters, input.maxResults, ({ buriedAtMs, letterId }) => {
    return { timeMs: buriedAtMs, id: letterId }
  })
  return ok({
    deadLetters: page.flatMap((letter) => present(ctx, letter, versions.get(letter.destinationVersionId))),
    ...more,
  })
}

function present(
  { region, accountId }: Needs<'region'>,
  letter: KeptLetter,
  version: DestinationVersionRow | undefined,
): readonly DeadLetter[] {
  if (version === undefined) return []
  const { loggingConfigurationId } = version
  return [
    {
      id: letter.letterId,
      loggingConfigurationArn: loggingConfigurationArn({ region, accountId, loggingConfigurationId }),
      destinationConfiguration: configurationOf(version),
      roomArn: roomArn({ region, accountId, roomId: letter.roomId }),
      messageId: letter.id,
      reason: letter.reason,
      record: Buffer.from(letter.bytes).toString().replace(/\n$/, ''),
      createTime: new Date(letter.buriedAtMs).toISOString(),
    },
  ]
}
