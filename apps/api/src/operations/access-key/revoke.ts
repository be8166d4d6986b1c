import { type Nothing, ok, type Result, type RevokeAccessKeyInput } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { operation } from '../../operation.ts'
import { notFound } from '../resource.ts'

export default operation('accessKey.revoke', revokeAccessKey)

/** At once in this process, within the authenticator's `freshMs` in others. A key revoked before stays as it was. */
async function revokeAccessKey(ctx: Context, input: RevokeAccessKeyInput): Promise<Result<Nothing>> {
  const where = { id: input.accessKeyId, accountId: ctx.accountId }
  const revokedAt = new Date(ctx.clock.nowMs())
  await ctx.db.accessKey.updateMany({ where: { ...where, revokedAt: null }, data: { revokedAt } })
  ctx.authenticator.forget(input.accessKeyId)
  const exists = (await ctx.db.accessKey.count({ where })) > 0
  return exists ? ok({}) : notFound('ACCESS_KEY', input.accessKeyId)
}
