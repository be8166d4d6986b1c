import { z } from 'zod'
import { Nothing } from './nothing.ts'
import { operation } from './operation.ts'
import { nextToken, oneToken, paging } from './paging.ts'
import { AccessKeyScope } from './scope.ts'
import { StoredText } from './text.ts'

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
export const AccessKey = z
  .object({
    accessKeyId: z.string(),
    scopes: z.array(AccessKeyScope).readonly(),
    createTime: z.iso.datetime(),
    revokeTime: z.iso.datetime().optional(),
  })
  .readonly()
export type AccessKey = z.infer<typeof AccessKey>

/** The secret is shown this once. */
export const CreateAccessKeyOutput = z.object({ ...AccessKey.unwrap().shape, secretAccessKey: z.string() }).readonly()
export type CreateAccessKeyOutput = z.infer<typeof CreateAccessKeyOutput>

export const ListAccessKeysOutput = z.object({ accessKeys: z.array(AccessKey).readonly(), nextToken }).readonly()
export type ListAccessKeysOutput = z.infer<typeof ListAccessKeysOutput>

const rate = <const N extends string>(name: N) => ({ name, perSecond: 5, counts: 'calls' }) as const

const EXAMPLE = { accessKeyId: 'RLAbCdEf123456GhIjKl', scopes: ['chat'], createTime: '2026-12-01T10:00:00.000Z' }

export const accessKeyOperations = {
  'accessKey.create': operation({
    kind: 'mutation',
    scopes: ['admin'],
    rate: rate('CREATE_ACCESS_KEY'),
    input: CreateAccessKeyInput,
    output: CreateAccessKeyOutput,
    errors: ['ServiceQuotaExceededException'],
    description:
      'Makes an access key of the account. The secret is shown in this answer alone. Only the root key can give the scope `operator`.',
    example: { input: { scopes: ['chat'] }, output: { ...EXAMPLE, secretAccessKey: 'shown-this-once' } },
  }),
  'accessKey.list': operation({
    kind: 'query',
    scopes: ['admin'],
    rate: rate('LIST_ACCESS_KEYS'),
    input: ListAccessKeysInput,
    output: ListAccessKeysOutput,
    errors: [],
    description: 'The access keys of the account, latest first, revoked ones too, without their secrets.',
    example: { input: {}, output: { accessKeys: [EXAMPLE] } },
  }),
  'accessKey.revoke': operation({
    kind: 'mutation',
    scopes: ['admin'],
    rate: rate('REVOKE_ACCESS_KEY'),
    input: RevokeAccessKeyInput,
    output: Nothing,
    errors: ['ResourceNotFoundException'],
    description: 'Makes an access key useless: at once in this process, within 5 seconds in others.',
    example: { input: { accessKeyId: EXAMPLE.accessKeyId }, output: {} },
  }),
}
