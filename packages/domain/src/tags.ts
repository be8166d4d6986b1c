import { z } from 'zod'
import { ResourceArn } from './arn.ts'
import { TAG_KEY_LENGTH_MAX, TAGS_MAX } from './limits.ts'
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

export type ListTagsOutput = { readonly tags: Readonly<Record<string, string>> }
