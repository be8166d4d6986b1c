import {
  DestinationVersionId,
  fail,
  ok,
  type RedriveDeadLettersInput,
  type RedriveDeadLettersOutput,
  type Result,
  serviceUnavailable,
} from '@roomlog/domain'
import { toPartition } from '@roomlog/journal'
import type { Context } from '../../context.ts'
import { operation } from '../../operation.ts'
import { nextSendTimeNs } from '../chat/send-time.ts'
import { conflict } from '../logging-configuration/lock.ts'
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
  ctx: Context,
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
    const { rows } = await ctx.pool.query<Row>(CONFIGURATION, [id.value, ctx.accountId])
    const configuration = rows[0]
    if (configuration === undefined) return notFound('LOGGING_CONFIGURATION', id.value)
    if (configuration.state !== 'ACTIVE') return conflict(id.value, 'The logging configuration is not ACTIVE')
    const from = configuration.versions.map((version) => DestinationVersionId.parse(version))
    const outcome = await ctx.journal.redrive({
      from,
      letterIds: input.deadLetterIds,
      lettersMax: LETTERS_MAX - redriven,
      to: DestinationVersionId.parse(configuration.destination_version_id),
      configVersion,
      newAppendId: ctx.newAppendId,
    })
    redriven += outcome.letters
    if (outcome.status === 'redriven') return ok({ redriven, remaining: await ctx.journal.countLetters(from) })
  }
  return fail(serviceUnavailable('Logging configurations change too fast; try again'))
}

type Row = {
  readonly state: string
  readonly destination_version_id: number
  readonly versions: readonly number[]
}

const CONFIGURATION = `
select c.state, c.destination_version_id,
       array(select v.id from destination_version v where v.logging_configuration_id = c.id order by v.id) as versions
  from logging_configuration c
 where c.id = $1 and c.account_id = $2`
