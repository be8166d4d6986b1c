import {
  AccountId,
  configurationOf,
  type DeadLetter,
  type DestinationKind,
  DestinationVersionId,
  type ListDeadLettersInput,
  type ListDeadLettersOutput,
  LoggingConfigurationId,
  loggingConfigurationArn,
  ok,
  type Result,
  roomArn,
} from '@roomlog/domain'
import type { KeptLetter } from '@roomlog/journal'
import type { Context } from '../../context.ts'
import { operation } from '../../operation.ts'
import { cutPage, pageStart, strangeToken } from '../page.ts'
import { destinationVersionsOf } from './versions.ts'

export default operation('delivery.deadLetters', listDeadLetters)

/** Dead letters of the account, or of one of its logging configurations, the oldest first. */
async function listDeadLetters(ctx: Context, input: ListDeadLettersInput): Promise<Result<ListDeadLettersOutput>> {
  const start = pageStart(input.nextToken)
  if (!start.ok) return start
  const after = start.value?.id ?? '0'
  if (!/^[0-9]{1,18}$/.test(after)) return strangeToken()
  const identifier = input.loggingConfigurationIdentifier
  const chosen = identifier === undefined ? ok(null) : await destinationVersionsOf(ctx, identifier)
  if (!chosen.ok) return chosen
  const { rows } = await ctx.pool.query<Version>(VERSIONS, [ctx.accountId, chosen.value?.ids ?? null])
  const versions = new Map(rows.map((row) => [row.id, row]))
  const from = rows.map(({ id }) => DestinationVersionId.parse(id))
  const letters = await ctx.journal.letters({ from, after, lettersMax: input.maxResults + 1 })
  const { page, ...more } = cutPage(letters, input.maxResults, ({ buriedAtMs, letterId }) => {
    return { timeMs: buriedAtMs, id: letterId }
  })
  return ok({ deadLetters: page.flatMap((letter) => present(ctx, letter, versions)), ...more })
}

type Version = {
  readonly id: number
  readonly logging_configuration_id: string
  readonly kind: DestinationKind
  readonly target: string
}

const VERSIONS = `
select id, logging_configuration_id, kind, target from destination_version
 where account_id = $1 and ($2::integer[] is null or id = any($2))`

function present(
  { region, accountId: account }: Context,
  letter: KeptLetter,
  versions: ReadonlyMap<number, Version>,
): readonly DeadLetter[] {
  const version = versions.get(letter.destinationVersionId)
  if (version === undefined) return []
  const accountId = AccountId.parse(account)
  const loggingConfigurationId = LoggingConfigurationId.parse(version.logging_configuration_id)
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
