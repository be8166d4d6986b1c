import {
  AccountId,
  configurationOf,
  type DeliveryState,
  type DeliveryStatus,
  type DeliveryStatusInput,
  type DeliveryStatusOutput,
  type DestinationKind,
  DestinationVersionId,
  LoggingConfigurationId,
  LoggingConfigurationState,
  loggingConfigurationArn,
  ok,
  type Result,
} from '@roomlog/domain'
import type { Backlog, DeliveryTotals, LaneTrouble } from '@roomlog/journal'
import type { Context } from '../../context.ts'
import { operation } from '../../operation.ts'

/** Of an account; the quota of logging configurations is far below it. */
const CONFIGURATIONS_MAX = 1_000

export default operation('delivery.status', deliveryStatus)

/** How delivery to each logging configuration stands, over all the destinations it has had. */
async function deliveryStatus(ctx: Context, _input: DeliveryStatusInput): Promise<Result<DeliveryStatusOutput>> {
  const values = [ctx.accountId, CONFIGURATIONS_MAX]
  const { rows: configurations } = await ctx.pool.query<ConfigurationRow>(CONFIGURATIONS, values)
  const versions = configurations.flatMap((row) => row.versions.map((id) => DestinationVersionId.parse(id)))
  const [backlog, troubles, totals, writers] = await Promise.all([
    ctx.journal.backlog(versions),
    ctx.journal.troubles(versions),
    ctx.journal.totals(versions),
    ctx.journal.writers(),
  ])
  return ok({
    loggingConfigurations: configurations.map((configuration) => {
      const ofIt = (found: { readonly destinationVersionId: number }) =>
        configuration.versions.includes(found.destinationVersionId)
      const found = { backlog: backlog.filter(ofIt), troubles: troubles.filter(ofIt), totals: totals.filter(ofIt) }
      return present(ctx, configuration, found, writers)
    }),
    writers,
  })
}

type ConfigurationRow = {
  readonly id: string
  readonly kind: DestinationKind
  readonly target: string
  readonly state: string
  readonly state_reason: string | null
  readonly versions: readonly number[]
}

const CONFIGURATIONS = `
select c.id, d.kind, d.target, c.state, c.state_reason,
       array(select v.id from destination_version v
              where v.logging_configuration_id = c.id and v.abandoned_at is null order by v.id) as versions
  from logging_configuration c join destination_version d on d.id = c.destination_version_id
 where c.account_id = $1
 order by c.created_at, c.id limit $2`

function present(
  { region, accountId }: Context,
  configuration: ConfigurationRow,
  found: {
    readonly backlog: readonly Backlog[]
    readonly troubles: readonly LaneTrouble[]
    readonly totals: readonly DeliveryTotals[]
  },
  writers: number,
): DeliveryStatus {
  const { backlog, troubles, totals } = found
  const backlogRecords = sum(backlog, ({ records }) => records)
  const lastDelivered = latest(totals.map(({ lastDeliveredAtMs }) => lastDeliveredAtMs))
  const lastFailed = [...totals].sort((a, b) => (b.lastErrorAtMs ?? 0) - (a.lastErrorAtMs ?? 0))[0]
  const unreadable = backlog.find(({ trouble }) => trouble !== undefined)?.trouble
  const laneError = troubles.find((lane) => lane.lastError !== undefined)?.lastError
  const lastError = unreadable ?? laneError ?? lastFailed?.lastError
  const nextProbe = earliest(troubles.map(({ nextProbeAtMs }) => nextProbeAtMs))
  return {
    loggingConfigurationArn: loggingConfigurationArn({
      region,
      accountId: AccountId.parse(accountId),
      loggingConfigurationId: LoggingConfigurationId.parse(configuration.id),
    }),
    destinationConfiguration: configurationOf(configuration),
    configurationState: LoggingConfigurationState.parse(configuration.state),
    ...(configuration.state_reason === null ? {} : { configurationStateReason: configuration.state_reason }),
    state: unreadable === undefined ? stateOf(troubles, backlogRecords, writers) : 'held',
    backlogRecords,
    lagSeconds: Math.max(0, ...backlog.map(({ lagMs }) => lagMs / 1_000)),
    ...(lastDelivered === undefined ? {} : { lastDeliveredTime: new Date(lastDelivered).toISOString() }),
    ...(lastError === undefined ? {} : { lastError }),
    ...(nextProbe === undefined ? {} : { nextProbeTime: new Date(nextProbe).toISOString() }),
    counters: {
      delivered: sum(totals, (row) => row.delivered),
      repeatsPossible: sum(totals, (row) => row.repeatsPossible),
      deadLetters: sum(totals, (row) => row.dead),
      givenUp: sum(totals, (row) => row.givenUp),
      LogDestinationErrors: sum(totals, (row) => row.errors.all),
      LogDestinationAccessDeniedError: sum(totals, (row) => row.errors.accessDenied),
      LogDestinationResourceNotFoundErrors: sum(totals, (row) => row.errors.notFound),
    },
  }
}

/**
 * The worst of its lanes: a configuration is well only if all of it is. Without a writer nothing flows and nobody retries,
 * whatever the last one wrote down; but what was held needs a person all the same.
 */
function stateOf(lanes: readonly LaneTrouble[], backlogRecords: number, writers: number): DeliveryState {
  if (lanes.some((lane) => lane.state === 'held')) return 'held'
  if (writers === 0 && backlogRecords > 0) return 'no-writer'
  if (lanes.some((lane) => lane.state === 'retrying')) return 'retrying'
  return backlogRecords > 0 ? 'flowing' : 'idle'
}

function sum<T>(rows: readonly T[], of: (row: T) => number): number {
  return rows.reduce((total, row) => total + of(row), 0)
}

function latest(times: readonly (number | undefined)[]): number | undefined {
  return inOrder(times).at(-1)
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  return inOrder(times)[0]
}

function inOrder(times: readonly (number | undefined)[]): number[] {
  return times.filter((time) => time !== undefined).sort((a, b) => a - b)
}
