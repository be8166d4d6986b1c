import { type AccountId, type Destination, DestinationVersionId, LoggingConfigurationId } from '@roomlog/domain'
import { z } from 'zod'
import type { Tx } from '../database/transact.ts'

const Row = z.object({
  id: DestinationVersionId,
  loggingConfigurationId: LoggingConfigurationId,
  kind: z.enum(['s3', 'cloudWatchLogs', 'firehose']),
  target: z.string(),
})
export type DestinationVersionRow = z.output<typeof Row>

const SELECT = { id: true, loggingConfigurationId: true, kind: true, target: true } as const

/** Where logging configurations pointed; each outlives its configuration. */
export function destinationVersionsOf(sql: Tx) {
  return {
    /** Those of the account, or of one of its logging configurations, the oldest first. */
    async list(
      accountId: AccountId,
      of: { readonly loggingConfigurationId?: LoggingConfigurationId | undefined } = {},
    ): Promise<readonly DestinationVersionRow[]> {
      const { loggingConfigurationId } = of
      const rows = await sql.destinationVersion.findMany({
        where: { accountId, ...(loggingConfigurationId === undefined ? {} : { loggingConfigurationId }) },
        orderBy: { id: 'asc' },
        select: SELECT,
      })
      return rows.map((row) => Row.parse(row))
    },

    /** A new place for the records of a logging configuration, which still has to be pointed at it. */
    async create(version: {
      readonly loggingConfigurationId: LoggingConfigurationId
      readonly accountId: AccountId
      readonly region: string
      readonly destination: Destination
      readonly createdAt: Date
    }): Promise<DestinationVersionId> {
      const { destination, ...data } = version
      const { id } = await sql.destinationVersion.create({ data: { ...data, ...destination }, select: { id: true } })
      return DestinationVersionId.parse(id)
    },

    /** Has the writer bury a message where it is still refused. The latest `keptMax` of a destination are remembered. */
    async setAside(ids: readonly DestinationVersionId[], messageId: string, keptMax: number): Promise<void> {
      await sql.$executeRaw`
        update destination_version v
           set set_aside = (array_prepend(${messageId}, array_remove(v.set_aside, ${messageId})))[1:${keptMax}::integer]
         where v.id = any(${ids}::integer[])`
    },

    /** Nothing goes there any more. */
    async abandon(ids: readonly DestinationVersionId[]): Promise<void> {
      await sql.$executeRaw`update destination_version set abandoned_at = now() where id = any(${ids}::integer[])`
    },
  }
}
