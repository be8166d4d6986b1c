import { z } from 'zod'
import { ResourceArn } from './arn.ts'
import { TAG_KEY_LENGTH_MAX, TAGS_MAX } from './limits.ts'
import { Nothing } from './nothing.ts'
import { operation } from './operation.ts'
import { QUOTAS } from './quotas.ts'
import { Tags } from './string-map.ts'
import { hasLength, StoredText } from './text.ts'

export const ListTagsInput = z.object({ resourceArn: ResourceArn })
export type ListTagsInput = z.infer<typeof ListTagsInput>

/** Replaces the values of keys that are there; the resource may have 50 in the end. */
export const AddTagsInput = z.object({ resourceArn: ResourceArn, tags: Tags })
export type AddTagsInput = z.infer<typeof AddTagsInput>

const tagKey = StoredText.refine((key) => hasLength(key, 1, TAG_KEY_LENGTH_MAX), {
  error: `Must have 1 to ${TAG_KEY_LENGTH_MAX} characters`,
})

export const RemoveTagsInput = z.object({
  resourceArn: ResourceArn,
  tagKeys: z.array(tagKey).max(TAGS_MAX),
})
export type RemoveTagsInput = z.infer<typeof RemoveTagsInput>

export const ListTagsOutput = z.object({ tags: Tags }).readonly()
export type ListTagsOutput = z.infer<typeof ListTagsOutput>

const rate = <const N extends string>(name: N) =>
  ({ name, perSecond: QUOTAS.tagOperationsPerSecond, counts: 'calls' }) as const

const ARN = 'arn:aws:ivschat:us-east-1:123456789012:room/AbCdEf123456'

export const tagsOperations = {
  'tags.list': operation({
    kind: 'query',
    scopes: ['read', 'moderate'],
    rate: rate('LIST_TAGS'),
    input: ListTagsInput,
    output: ListTagsOutput,
    errors: ['ResourceNotFoundException'],
    ivsName: 'ListTagsForResource',
    description: 'The tags of a room or of a logging configuration.',
    example: { input: { resourceArn: ARN }, output: { tags: { team: 'blue' } } },
  }),
  'tags.add': operation({
    kind: 'mutation',
    scopes: ['admin'],
    rate: rate('ADD_TAGS'),
    input: AddTagsInput,
    output: Nothing,
    errors: ['ResourceNotFoundException'],
    ivsName: 'TagResource',
    description: 'Adds tags, or replaces the values of those that are there.',
    example: { input: { resourceArn: ARN, tags: { team: 'blue' } }, output: {} },
  }),
  'tags.remove': operation({
    kind: 'mutation',
    scopes: ['admin'],
    rate: rate('REMOVE_TAGS'),
    input: RemoveTagsInput,
    output: Nothing,
    errors: ['ResourceNotFoundException'],
    ivsName: 'UntagResource',
    description: 'Removes tags. Keys that are not there are no error.',
    example: { input: { resourceArn: ARN, tagKeys: ['team'] }, output: {} },
  }),
}
