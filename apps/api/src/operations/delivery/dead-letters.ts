import {
  AccountId,
  configurationOf,
  type DeadLetter,
  type DestinationKind,
  type ListDeadLettersInput,
  type ListDeadLettersOutput,
  LoggingConfigurationId,
  loggingConfigurationArn,
  ok,
  type Result,
  RoomId,
  roomArn,
} from '@roomlog/domain'
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
  const versions = identifier === undefined ? ok(null) : await destinationVersionsOf(ctx, identifier)
  if (!versions.ok) return versions
  const values = [ctx.accountId, versions.value?.ids ?? null, after, input.maxResults + 1]
  const { rows } = await ctx.pool.query<Row>(LETTERS, values)
  const { page, ...more } = cutPage(rows, input.maxResults, (row) => ({ timeMs: row.created_at.getTime(), id: row.id }))
  return ok({ deadLetters: page.map((row) => present(ctx, row)), ...more })
}

type Row = {
  readonly id: string
  readonly logging_configuration_id: string
  readonly kind: DestinationKind
  readonly target: string
  readonly room_id: string
  readonly record_id: string
  readonly reason: string
  readonly record: Buffer
  readonly created_at: Date
}

const LETTERS = `
select l.id::text, v.logging_configuration_id, v.kind, v.target, l.room_id, l.record_id, l.reason, l.record, l.created_at
  from dead_letter l join destination_version v on v.id = l.destination_version_id
 where v.account_id = $1 and ($2::integer[] is null or v.id = any($2)) and l.id > $3
 order by l.id limit $4`

function present({ region, accountId: account }: Context, row: Row): DeadLetter {
  const accountId = AccountId.parse(account)
  const loggingConfigurationId = LoggingConfigurationId.parse(row.logging_configuration_id)
  return {
    id: row.id,
    loggingConfigurationArn: loggingConfigurationArn({ region, accountId, loggingConfigurationId }),
    destinationConfiguration: configurationOf(row),
    roomArn: roomArn({ region, accountId, roomId: RoomId.parse(row.room_id) }),
    messageId: row.record_id,
    reason: row.reason,
    record: row.record.toString().replace(/\n$/, ''),
    createTime: row.created_at.toISOString(),
  }
}
