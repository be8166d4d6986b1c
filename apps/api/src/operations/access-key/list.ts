import { type ListAccessKeysInput, type ListAccessKeysOutput, ok, type Result } from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import { operation } from '../../operation.ts'
import { cutPage, pageStart } from '../page.ts'

export default operation('accessKey.list', listAccessKeys)

/** Latest first; revoked ones stay in the list, secrets are never in it. */
async function listAccessKeys(
  { store, accountId }: Needs<'store'>,
  { nextToken, maxResults }: ListAccessKeysInput,
): Promise<Result<ListAccessKeysOutput>> {
  const start = pageStart(nextToken)
  if (!start.ok) return start
  const rows = await store.accessKeys.page(accountId, { after: start.value, take: maxResults + 1 })
  const { page, ...more } = cutPage(rows, maxResults, (row) => ({ timeMs: row.createdAt.getTime(), id: row.id }))
  const accessKeys = page.map((row) => ({
    accessKeyId: row.id,
    scopes: row.scopes,
    createTime: row.createdAt.toISOString(),
    ...(row.revokedAt === null ? {} : { revokeTime: row.revokedAt.toISOString() }),
  }))
  return ok({ accessKeys, ...more })
}
