import {
  type AddTagsInput,
  fail,
  type Nothing,
  ok,
  type Result,
  TAGS_MAX,
  Tags,
  validationException,
} from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import { holdTagged } from './tagged.ts'

export default operation('tags.add', addTags)

/** Of two calls at the same time, neither loses the other's tags. */
async function addTags(ctx: Needs<'region' | 'store'>, input: AddTagsInput): Promise<Result<Nothing>> {
  return ctx.store.transact(async (tx) => {
    const tagged = await holdTagged(ctx, tx, input.resourceArn)
    if (!tagged.ok) return tagged
    const tags = { ...tagged.value.tags, ...input.tags }
    if (Object.keys(tags).length > TAGS_MAX) {
      const message = `The resource would have more than ${TAGS_MAX} tags`
      const fieldList = [{ name: 'tags', message }]
      return fail(validationException(message, { reason: 'FIELD_VALIDATION_FAILED', fieldList }))
    }
    await tx.tags.write(tagged.value.resource, Tags.parse(tags))
    return ok({})
  })
}
