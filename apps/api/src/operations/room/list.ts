import {
  type ListRoomsInput,
  type ListRoomsOutput,
  type LoggingConfigurationArn,
  type LoggingConfigurationId,
  ok,
  type Result,
} from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import { cutPage, pageStart } from '../page.ts'
import { loggingConfigurationIdOf, notFound } from '../resource.ts'
import { presentRoomSummary } from './present.ts'

export default operation('room.list', listRooms)

async function listRooms(ctx: Needs<'region' | 'store'>, input: ListRoomsInput): Promise<Result<ListRoomsOutput>> {
  const { name, messageReviewHandlerUri: reviewHandlerUri, loggingConfigurationIdentifier: arn, maxResults } = input
  const start = pageStart(input.nextToken)
  if (!start.ok) return start
  const listed = arn === undefined ? ok(undefined) : await knownConfiguration(ctx, arn)
  if (!listed.ok) return listed
  const filter = { name, reviewHandlerUri, loggingConfigurationId: listed.value }
  const rows = await ctx.store.rooms.page(ctx.accountId, filter, { after: start.value, take: maxResults + 1 })
  const { page, ...more } = cutPage(rows, maxResults, (row) => ({ timeMs: row.updatedAt.getTime(), id: row.id }))
  return ok({ rooms: page.map((row) => presentRoomSummary(ctx.region, row)), ...more })
}

async function knownConfiguration(
  ctx: Needs<'region' | 'store'>,
  arn: LoggingConfigurationArn,
): Promise<Result<LoggingConfigurationId>> {
  const id = loggingConfigurationIdOf(ctx, arn)
  if (!id.ok) return id
  const row = await ctx.store.loggingConfigurations.find(ctx.accountId, id.value)
  return row === undefined ? notFound('LOGGING_CONFIGURATION', id.value) : id
}
