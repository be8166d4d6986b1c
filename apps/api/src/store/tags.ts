import { type ResourceArnParts, Tags } from '@roomlog/domain'
import { z } from 'zod'
import type { Tx } from '../database/transact.ts'

const Rows = z.array(z.object({ tags: Tags }))

/** Tags of rooms and of logging configurations. */
export function tagsOf(sql: Tx) {
  return {
    /** Holds what has the tags against every other change. */
    async lock(resource: ResourceArnParts): Promise<Record<string, string> | undefined> {
      const { accountId } = resource
      const [row] = Rows.parse(
        resource.type === 'room'
          ? await sql.$queryRaw`
              select tags from room where id = ${resource.roomId} and account_id = ${accountId} for update`
          : await sql.$queryRaw`
              select tags from logging_configuration
               where id = ${resource.loggingConfigurationId} and account_id = ${accountId} for update`,
      )
      return row?.tags
    },

    async write(resource: ResourceArnParts, tags: Record<string, string>): Promise<void> {
      if (resource.type === 'room') {
        await sql.room.update({ where: { id: resource.roomId }, data: { tags }, select: { id: true } })
      } else {
        const where = { id: resource.loggingConfigurationId }
        await sql.loggingConfiguration.update({ where, data: { tags }, select: { id: true } })
      }
    },
  }
}
