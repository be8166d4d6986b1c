import {
  type ListLoggingConfigurationsInput,
  type ListLoggingConfigurationsOutput,
  ok,
  type Result,
} from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { operation } from '../../operation.ts'
import { cutPage, pageStart, updatedBefore } from '../page.ts'
import { loggingConfigurationSelect, presentLoggingConfiguration } from './present.ts'

export default operation('loggingConfiguration.list', listLoggingConfigurations)

async function listLoggingConfigurations(
  ctx: Context,
  input: ListLoggingConfigurationsInput,
): Promise<Result<ListLoggingConfigurationsOutput>> {
  const start = pageStart(input.nextToken)
  if (!start.ok) return start
  const rows = await ctx.db.loggingConfiguration.findMany({
    where: { accountId: ctx.accountId, ...updatedBefore(start.value) },
    orderBy: [{ updatedAt: 'desc' }, { id: 'desc' }],
    take: input.maxResults + 1,
    select: loggingConfigurationSelect,
  })
  const { page, ...more } = cutPage(rows, input.maxResults, (row) => ({ timeMs: row.updatedAt.getTime(), id: row.id }))
  return ok({ loggingConfigurations: page.map((row) => presentLoggingConfiguration(ctx.region, row)), ...more })
}
