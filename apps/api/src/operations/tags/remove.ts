import { type Nothing, ok, type RemoveTagsInput, type Result } from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import { holdTagged } from './tagged.ts'

export default operation('tags.remove', removeTags)

/** Keys that are not there are no error. */
async function removeTags(ctx: Needs<'region' | 'store'>, input: RemoveTagsInput): Promise<Result<Nothing>> {
  return ctx.store.transact(async (tx) => {
    const tagged = await holdTagged(ctx, tx, input.resourceArn)
    if (!tagged.ok) return tagged
    const gone = new Set(input.tagKeys)
    await tx.tags.write(
      tagged.value.resource,
      Object.fromEntries(Object.entries(tagged.value.tags).filter(([key]) => !gone.has(key))),
    )
    return ok({})
  })
}
