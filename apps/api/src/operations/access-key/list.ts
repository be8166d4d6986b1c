import { AccessKeyScope, type ListAccessKeysInput, type ListAccessKeysOutput, ok, type Result } from '@roomlog/domain'
import { z } from 'zod'
import type { Context } from '../../context.ts'
import { operation } from '../../operation.ts'
import { cutPage, pageStart } from '../page.ts'

const Scopes = z.array(AccessKeyScope)

export default operation('accessKey.list', listAccessKeys)

/** Latest first; revoked ones stay in the list, secrets are never in it. */
async function listAccessKeys(ctx: Context, input: ListAccessKeysInput): Promise<Result<ListAccessKeysOutput>> {
  const start = pageStart(input.nextToken)
  if (!start.ok) return start
  const after = start.value
  const time = after === undefined ? undefined : new Date(after.timeMs)
  const rows = await ctx.db.accessKey.findMany({
    where: {
      accountId: ctx.accountId,
      ...(after === undefined || time === undefined
        ? {}
        : { createdAt: { lte: time }, OR: [{ createdAt: { lt: time } }, { id: { lt: after.id } }] }),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: input.maxResults + 1,
    select: { id: true, scopes: true, createdAt: true, revokedAt: true },
  })
  const { page, ...more } = cutPage(rows, input.maxResults, (row) => ({ timeMs: row.createdAt.getTime(), id: row.id }))
  const accessKeys = page.map((row) => ({
    accessKeyId: row.id,
    scopes: Scopes.parse(row.scopes),
    createTime: row.createdAt.toISOString(),
    ...(row.revokedAt === null ? {} : { revokeTime: row.revokedAt.toISOString() }),
  }))
  return ok({ accessKeys, ...more })
}
