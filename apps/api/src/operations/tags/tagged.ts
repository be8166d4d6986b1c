import { ok, parseResourceArn, type ResourceArn, type ResourceArnParts, type Result } from '@roomlog/domain'
import type { Needs } from '../../context.ts'
import type { Tables } from '../../store/store.ts'
import { notFound } from '../resource.ts'

/** A room or a logging configuration of the account, held until the transaction ends. */
export type Tagged = { readonly resource: ResourceArnParts; readonly tags: Readonly<Record<string, string>> }

export async function holdTagged(
  ctx: Needs<'region'>,
  tx: Pick<Tables, 'tags'>,
  arn: ResourceArn,
): Promise<Result<Tagged>> {
  const resource = parseResourceArn(arn)
  const isHere = resource?.accountId === ctx.accountId && resource.region === ctx.region
  const tags = isHere ? await tx.tags.lock(resource) : undefined
  if (resource !== undefined && tags !== undefined) return ok({ resource, tags })
  return notFound(arn.includes(':room/') ? 'ROOM' : 'LOGGING_CONFIGURATION', arn)
}
