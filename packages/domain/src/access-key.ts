import { z } from 'zod'
import { oneToken, paging } from './paging.ts'
import { StoredText } from './text.ts'

/** `admin`: everything; `chat`: the chat procedures alone. */
export const AccessKeyScope = z.enum(['admin', 'chat'])
export type AccessKeyScope = z.infer<typeof AccessKeyScope>

/** The part of a bearer token before its dot. */
export const AccessKeyId = StoredText.regex(/^[A-Za-z0-9_-]{1,128}$/, 'Must be letters, digits, _ and -')

export const CreateAccessKeyInput = z.object({
  scopes: z
    .array(AccessKeyScope)
    .min(1)
    .max(AccessKeyScope.options.length)
    .refine((scopes) => new Set(scopes).size === scopes.length, { error: 'Must not name a scope twice' }),
})
export type CreateAccessKeyInput = z.infer<typeof CreateAccessKeyInput>

export const ListAccessKeysInput = z.object(paging).prefault({}).transform(oneToken)
export type ListAccessKeysInput = z.infer<typeof ListAccessKeysInput>

export const RevokeAccessKeyInput = z.object({ accessKeyId: AccessKeyId })
export type RevokeAccessKeyInput = z.infer<typeof RevokeAccessKeyInput>

/** Times are ISO strings. */
export type AccessKey = {
  readonly accessKeyId: string
  readonly scopes: readonly AccessKeyScope[]
  readonly createTime: string
  readonly revokeTime?: string | undefined
}

/** The secret is shown this once. */
export type CreateAccessKeyOutput = AccessKey & { readonly secretAccessKey: string }

export type ListAccessKeysOutput = {
  readonly accessKeys: readonly AccessKey[]
  readonly nextToken?: string | undefined
}
