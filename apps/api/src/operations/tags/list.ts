import { type ListTagsInput, type ListTagsOutput, ok, type Result } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { operation } from '../../operation.ts'
import { holdTagged } from './tagged.ts'

export default operation('tags.list', listTags)

async function listTags(ctx: Context, input: ListTagsInput): Promise<Result<ListTagsOutput>> {
  const tagged = await ctx.transact((tx) => holdTagged(ctx, tx, input.resourceArn))
  return tagged.ok ? ok({ tags: tagged.value.tags }) : tagged
}
