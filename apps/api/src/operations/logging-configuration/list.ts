import {
  type ListLoggingConfigurationsInput,
  type ListLoggingConfigurationsOutput,
  ok,
  type Result,
} from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import { cutPage, pageStart } from '../page.ts'
import { presentLoggingConfiguration } from './present.ts'

export default operation('loggingConfiguration.list', listLoggingConfigurations)

async function listLoggingConfigurations(
  { region, store, accountId }: Needs<'region' | 'store'>,
  { nextToken, maxResults }: ListLoggingConfigurationsInput,
): Promise<Result<ListLoggingConfigurationsOutput>> {
  const start = pageStart(nextToken)
  if (!start.ok) return start
  const rows = await store.loggingConfigurations.page(accountId, { after: start.value, take: maxResults + 1 })
  const { page, ...more } = cutPage(rows, maxResults, (row) => ({ timeMs: row.updatedAt.getTime(), id: row.id }))
  return ok({ loggingConfigurations: page.map((row) => presentLoggingConfiguration(region, row)), ...more })
}
