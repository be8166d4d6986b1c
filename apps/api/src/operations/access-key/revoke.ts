import { type Nothing, ok, type Result, type RevokeAccessKeyInput } from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import { notFound } from '../resource.ts'

export default operation('accessKey.revoke', revokeAccessKey)

/** At once in this process, within the authenticator's `freshMs` in others. A key revoked before stays as it was. */
async function revokeAccessKey(
  ctx: Needs<'store' | 'clock' | 'authenticator'>,
  { accessKeyId }: RevokeAccessKeyInput,
): Promise<Result<Nothing>> {
  const exists = await ctx.store.accessKeys.revoke(ctx.accountId, accessKeyId, new Date(ctx.clock.nowMs()))
  ctx.authenticator.forget(accessKeyId)
  return exists ? ok({}) : notFound('ACCESS_KEY', accessKeyId)
}
