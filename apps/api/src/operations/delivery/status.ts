import {
  AccountId,
  configurationOf,
  type DeliveryState,
  type DeliveryStatus,
  type DeliveryStatusInput,
  type DeliveryStatusOutput,
  type DestinationKind,
  LoggingConfigurationId,
  LoggingConfigurationState,
  loggingConfigurationArn,
  ok,
  type Result,
} from '@roomlog/domain'
import { backlogSql, WRITERS_ALIVE_SQL } from '@roomlog/journal'
import type { Context } from '../../context.ts'
import { operation } from '../../operation.ts'

/** Of an account; the quota of logging configurations is far below it. */
const CONFIGURATIONS_MAX = 1_000
/** Of a partition, so that a call costs the same whatever the backlog. */
const BATCHES_MAX = 5_000

export default operation('delivery.status', deliveryStatus)

/** How delivery to each logging configuration stands, over all the destinations it has had. */
async function deliveryStatus(ctx: Context, _input: DeliveryStatusInput): Promise<Result<DeliveryStatusOutput>> {
  const values = [ctx.accountId, CONFIGURATIONS_MAX]
  const { rows: configurations } = await ctx.pool.query<ConfigurationRow>(CONFIGURATIONS, values)
  const versions = configurations.flatMap((row) => row.versions)
  const [owed, lanes, totals, alive] = await Promise.all([
    ctx.pool.query<OwedRow>(OWED, [versions]),
    ctx.pool.query<LaneRow>(LANES, [versions]),
    ctx.pool.query<TotalsRow>(TOTALS, [versions]),
    ctx.pool.query<{ writers: number }>(WRITERS_ALIVE_SQL),
  ])
  const writers = alive.rows[0]?.writers ?? 0
  return ok({
    loggingConfigurations: configurations.map((configuration) => {
      const ofIt = (row: { readonly version: number }) => configuration.versions.includes(row.version)
      const rows = { owed: owed.rows.filter(ofIt), lanes: lanes.rows.filter(ofIt), totals: totals.rows.filter(ofIt) }
      return present(ctx, configuration, rows, writers)
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
type OwedRow = {
  readonly version: number
  readonly records: number
  readonly lag_seconds: number
  /** Why some of it cannot be read from the journal. */
  readonly trouble: string | null
}
type LaneRow = {
  readonly version: number
  readonly state: 'flowing' | 'retrying' | 'held'
  readonly last_error: string | null
  readonly next_probe_at: Date | null
}
type TotalsRow = {
  readonly version: number
  readonly delivered: number
  readonly repeats_possible: number
  readonly dead: number
  readonly given_up: number
  readonly errors_all: number
  readonly errors_access_denied: number
  readonly errors_not_found: number
  readonly last_delivered_at: Date | null
  readonly last_error: string | null
  readonly last_error_at: Date | null
}

const CONFIGURATIONS = `
select c.id, d.kind, d.target, c.state, c.state_reason,
       array(select v.id from destination_version v
              where v.logging_configuration_id = c.id and v.abandoned_at is null order by v.id) as versions
  from logging_configuration c join destination_version d on d.id = c.destination_version_id
 where c.account_id = $1
 order by c.created_at, c.id limit $2`

const OWED = `
select destination_version_id as version, sum(records)::bigint as records,
       extract(epoch from clock_timestamp() - min(oldest_committed_at))::float8 as lag_seconds,
       min(p.trouble) filter (where coalesce(l.checkpoint, p.dispatched) < p.trouble_position) as trouble
  from (${backlogSql({ batchesMax: BATCHES_MAX })}) by_partition
  join journal_progress p using (partition)
  left join journal_lane l using (partition, destination_version_id)
 group by destination_version_id`

const LANES = `
select destination_version_id as version, state, last_error, next_probe_at
  from journal_lane where destination_version_id = any($1::integer[]) and state <> 'flowing'`

const TOTALS = `
select destination_version_id as version, sum(delivered)::bigint as delivered,
       sum(repeats_possible)::bigint as repeats_possible, sum(dead)::bigint as dead, sum(given_up)::bigint as given_up,
       sum(errors_all)::bigint as errors_all, sum(errors_access_denied)::bigint as errors_access_denied,
       sum(errors_not_found)::bigint as errors_not_found, max(last_delivered_at) as last_delivered_at,
       (array_agg(last_error order by last_error_at desc nulls last))[1] as last_error,
       max(last_error_at) as last_error_at
  from delivery_total where destination_version_id = any($1::integer[])
 group by destination_version_id`

function present(
  { region, accountId }: Context,
  configuration: ConfigurationRow,
  { owed, lanes, totals }: { owed: readonly OwedRow[]; lanes: readonly LaneRow[]; totals: readonly TotalsRow[] },
  writers: number,
): DeliveryStatus {
  const backlogRecords = sum(owed, (row) => row.records)
  const lastDelivered = latest(totals.map((row) => row.last_delivered_at))
  const lastFailed = [...totals].sort((a, b) => timeOf(b.last_error_at) - timeOf(a.last_error_at))[0]
  const trouble = owed.find((row) => row.trouble !== null)?.trouble
  const lastError = trouble ?? lanes.find((lane) => lane.last_error !== null)?.last_error ?? lastFailed?.last_error
  const nextProbe = earliest(lanes.map((lane) => lane.next_probe_at))
  return {
    loggingConfigurationArn: loggingConfigurationArn({
      region,
      accountId: AccountId.parse(accountId),
      loggingConfigurationId: LoggingConfigurationId.parse(configuration.id),
    }),
    destinationConfiguration: configurationOf(configuration),
    configurationState: LoggingConfigurationState.parse(configuration.state),
    ...(configuration.state_reason === null ? {} : { configurationStateReason: configuration.state_reason }),
    state: trouble == null ? stateOf(lanes, backlogRecords, writers) : 'held',
    backlogRecords,
    lagSeconds: Math.max(0, ...owed.map((row) => row.lag_seconds)),
    ...(lastDelivered === undefined ? {} : { lastDeliveredTime: lastDelivered.toISOString() }),
    ...(lastError == null ? {} : { lastError }),
    ...(nextProbe === undefined ? {} : { nextProbeTime: nextProbe.toISOString() }),
    counters: {
      delivered: sum(totals, (row) => row.delivered),
      repeatsPossible: sum(totals, (row) => row.repeats_possible),
      deadLetters: sum(totals, (row) => row.dead),
      givenUp: sum(totals, (row) => row.given_up),
      LogDestinationErrors: sum(totals, (row) => row.errors_all),
      LogDestinationAccessDeniedError: sum(totals, (row) => row.errors_access_denied),
      LogDestinationResourceNotFoundErrors: sum(totals, (row) => row.errors_not_found),
    },
  }
}

/**
 * The worst of its lanes: a configuration is well only if all of it is. Without a writer nothing flows and nobody retries,
 * whatever the last one wrote down; but what was held needs a person all the same.
 */
function stateOf(lanes: readonly LaneRow[], backlogRecords: number, writers: number): DeliveryState {
  if (lanes.some((lane) => lane.state === 'held')) return 'held'
  if (writers === 0 && backlogRecords > 0) return 'no-writer'
  if (lanes.some((lane) => lane.state === 'retrying')) return 'retrying'
  return backlogRecords > 0 ? 'flowing' : 'idle'
}

function sum<T>(rows: readonly T[], of: (row: T) => number): number {
  return rows.reduce((total, row) => total + of(row), 0)
}

function latest(times: readonly (Date | null)[]): Date | undefined {
  return inOrder(times).at(-1)
}

function earliest(times: readonly (Date | null)[]): Date | undefined {
  return inOrder(times)[0]
}

function inOrder(times: readonly (Date | null)[]): Date[] {
  return times.filter((time) => time !== null).sort((a, b) => a.getTime() - b.getTime())
}

function timeOf(date: Date | null): number {
  return date === null ? 0 : date.getTime()
}
