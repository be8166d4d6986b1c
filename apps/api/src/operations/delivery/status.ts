import {
  configurationOf,
  type DeliveryState,
  type DeliveryStatus,
  type DeliveryStatusInput,
  type DeliveryStatusOutput,
  type DestinationVersionId,
  loggingConfigurationArn,
  ok,
  type Result,
} from '@roomlog/domain'
import type { Backlog, DeliveryTotals, LaneTrouble } from '@roomlog/journal'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import type { OwingConfiguration } from '../../store/logging-configurations.ts'

/** Of an account; the quota of logging configurations is far below it. */
const CONFIGURATIONS_MAX = 1_000

export default operation('delivery.status', deliveryStatus)

/** How delivery to each logging configuration stands, over all the destinations it has had. */
async function deliveryStatus(
  ctx: Needs<'region' | 'store' | 'journal'>,
  _input: DeliveryStatusInput,
): Promise<Result<DeliveryStatusOutput>> {
  const configurations = await ctx.store.loggingConfigurations.owing(ctx.accountId, CONFIGURATIONS_MAX)
  const versions = configurations.flatMap((configuration) => configuration.versions)
  const [backlog, troubles, totals, writers] = await Promise.all([
    ctx.journal.backlog(versions),
    ctx.journal.troubles(versions),
    ctx.journal.totals(versions),
    ctx.journal.writers(),
  ])
  return ok({
    loggingConfigurations: configurations.map((configuration) => {
      const ofIt = (found: { readonly destinationVersionId: DestinationVersionId }) =>
        configuration.versions.includes(found.destinationVersionId)
      const found = { backlog: backlog.filter(ofIt), troubles: troubles.filter(ofIt), totals: totals.filter(ofIt) }
      return present(ctx, configuration, found, writers)
    }),
    writers,
  })
}

function present(
  { region, accountId }: Needs<'region'>,
  configuration: OwingConfiguration,
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
    loggingConfigurationArn: loggingConfigurationArn({ region, accountId, loggingConfigurationId: configuration.id }),
    destinationConfiguration: configurationOf(configuration),
    configurationState: configuration.state,
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
