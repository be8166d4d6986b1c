import {
  accessDeniedException,
  type CreateAccessKeyInput,
  type CreateAccessKeyOutput,
  fail,
  ok,
  type Result,
  serviceQuotaExceededException,
} from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'

/** Of an account that may be used at once. */
const ACCESS_KEYS_MAX = 500
const SECRET_BYTES = 30

export default operation('accessKey.create', createAccessKey)

/** The secret is kept encrypted and shown this once. */
async function createAccessKey(
  ctx: Needs<'store' | 'clock' | 'secretBox' | 'rootKeyId' | 'newId' | 'randomBytes'>,
  { scopes }: CreateAccessKeyInput,
): Promise<Result<CreateAccessKeyOutput>> {
  const { accountId, caller } = ctx
  if (scopes.includes('operator') && caller.accessKeyId !== ctx.rootKeyId) {
    return fail(accessDeniedException('Only the root key can give the scope operator: ROOMLOG_ROOT_ACCESS_KEY_ID'))
  }
  const accessKeyId = `RL${ctx.newId()}${ctx.newId().slice(0, 6)}`
  const secretAccessKey = Buffer.from(ctx.randomBytes(SECRET_BYTES)).toString('base64url')
  return ctx.store.transact(async (tx) => {
    await tx.accounts.lock(accountId)
    if ((await tx.accessKeys.count(accountId)) >= ACCESS_KEYS_MAX) {
      const quota = { resourceId: accountId, resourceType: 'ACCESS_KEY', limit: ACCESS_KEYS_MAX } as const
      return fail(serviceQuotaExceededException(quota))
    }
    const createdAt = new Date(ctx.clock.nowMs())
    const secretEncrypted = ctx.secretBox.encrypt(secretAccessKey, [accountId, accessKeyId])
    await tx.accessKeys.create({ id: accessKeyId, accountId, secretEncrypted, scopes, createdAt })
    return ok({ accessKeyId, secretAccessKey, scopes, createTime: createdAt.toISOString() })
  })
}
