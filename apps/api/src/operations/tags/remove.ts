import { ok, type RemoveTagsInput, type Result } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import type { Nothing } from '../../operations.ts'
import { holdTagged } from './tagged.ts'

/** Keys that are not there are no error. */
export async function removeTags(ctx: Context, input: RemoveTagsInput): Promise<Result<Nothing>> {
  return ctx.transact(async (tx) => {
    const tagged = await holdTagged(ctx, tx, input.resourceArn)
    if (!tagged.ok) return tagged
    const gone = new Set(input.tagKeys)
    await tagged.value.write(Object.fromEntries(Object.entries(tagged.value.tags).filter(([key]) => !gone.has(key))))
    return ok({})
  })
}
