import { type ListTagsInput, type ListTagsOutput, ok, type Result } from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import { holdTagged } from './tagged.ts'

export default operation('tags.list', listTags)

async function listTags(ctx: Needs<'region' | 'store'>, input: ListTagsInput): Promise<Result<ListTagsOutput>> {
  const tagged = await ctx.store.transact((tx) => holdTagged(ctx, tx, input.resourceArn))
  return tagged.ok ? ok({ tags: tagged.value.tags }) : tagged
}
