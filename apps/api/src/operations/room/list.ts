import { type ListRoomsInput, type ListRoomsOutput, ok, type Result } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { operation } from '../../operation.ts'
import { cutPage, pageStart, updatedBefore } from '../page.ts'
import { loggingConfigurationIdOf, notFound } from '../resource.ts'
import { presentRoomSummary, roomSelect } from './present.ts'

export default operation('room.list', listRooms)

async function listRooms(ctx: Context, input: ListRoomsInput): Promise<Result<ListRoomsOutput>> {
  const start = pageStart(input.nextToken)
  if (!start.ok) return start
  const listing = await listingFilter(ctx, input.loggingConfigurationIdentifier)
  if (!listing.ok) return listing
  const rows = await ctx.db.room.findMany({
    where: {
      accountId: ctx.accountId,
      ...(input.name === undefined ? {} : { name: input.name }),
      ...(input.messageReviewHandlerUri === undefined ? {} : { reviewHandlerUri: input.messageReviewHandlerUri }),
      ...listing.value,
      ...updatedBefore(start.value),
    },
    orderBy: [{ updatedAt: 'desc' }, { id: 'desc' }],
    take: input.maxResults + 1,
    select: roomSelect,
  })
  const { page, ...more } = cutPage(rows, input.maxResults, (row) => ({ timeMs: row.updatedAt.getTime(), id: row.id }))
  return ok({ rooms: page.map((row) => presentRoomSummary(ctx.region, row)), ...more })
}

async function listingFilter(ctx: Context, arn: ListRoomsInput['loggingConfigurationIdentifier']) {
  if (arn === undefined) return { ok: true, value: {} } as const
  const id = loggingConfigurationIdOf(ctx, arn)
  if (!id.ok) return id
  const where = { id: id.value, accountId: ctx.accountId }
  if ((await ctx.db.loggingConfiguration.count({ where })) === 0) return notFound('LOGGING_CONFIGURATION', id.value)
  return ok({ loggingConfigurations: { some: { loggingConfigurationId: id.value } } })
}
