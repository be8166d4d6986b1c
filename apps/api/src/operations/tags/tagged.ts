import { ok, parseResourceArn, type ResourceArn, type Result, Tags as TagsSchema } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import type { Tx } from '../../database/transact.ts'
import { notFound } from '../resource.ts'

type Tags = Record<string, string>

/** A room or a logging configuration of the account, held until the transaction ends. */
export type Tagged = { readonly tags: Tags; readonly write: (tags: Tags) => Promise<void> }

export async function holdTagged(ctx: Context, tx: Tx, arn: ResourceArn): Promise<Result<Tagged>> {
  const parts = parseResourceArn(arn)
  const resourceType = arn.includes(':room/') ? 'ROOM' : 'LOGGING_CONFIGURATION'
  if (parts === undefined || parts.accountId !== ctx.accountId || parts.region !== ctx.region) {
    return notFound(resourceType, arn)
  }
  const { accountId } = parts
  if (parts.type === 'room') {
    const id = parts.roomId
    const [row] = await tx.$queryRaw<{ tags: unknown }[]>`
      select tags from room where id = ${id} and account_id = ${accountId} for update`
    if (row === undefined) return notFound(resourceType, arn)
    return ok({
      tags: TagsSchema.parse(row.tags),
      write: async (tags) => void (await tx.room.update({ where: { id }, data: { tags }, select: { id: true } })),
    })
  }
  const id = parts.loggingConfigurationId
  const [row] = await tx.$queryRaw<{ tags: unknown }[]>`
    select tags from logging_configuration where id = ${id} and account_id = ${accountId} for update`
  if (row === undefined) return notFound(resourceType, arn)
  return ok({
    tags: TagsSchema.parse(row.tags),
    write: async (tags) =>
      void (await tx.loggingConfiguration.update({ where: { id }, data: { tags }, select: { id: true } })),
  })
}
