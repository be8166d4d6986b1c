import {
  type AccountId,
  type Destination,
  DestinationKind,
  DestinationVersionId,
  LoggingConfigurationId,
} from '@roomlog/domain'
import { z } from 'zod'
import type { Tx } from '../database/transact.ts'

const Row = z.object({
  id: DestinationVersionId,
  loggingConfigurationId: LoggingConfigurationId,
  kind: DestinationKind,
  target: z.string(),
})
export type DestinationVersionRow = z.output<typeof Row>

const DRAWS_MAX = 20

const SELECT = { id: true, loggingConfigurationId: true, kind: true, target: true } as const

/** Where logging configurations pointed; each outlives its configuration. */
export function destinationVersionsOf(sql: Tx) {
  const table = sql.destinationVersion
  return {
    /** Those of the account, or of one of its logging configurations, the oldest first. */
    async list(
      accountId: AccountId,
      of: { readonly loggingConfigurationId?: LoggingConfigurationId | undefined } = {},
    ): Promise<readonly DestinationVersionRow[]> {
      const { loggingConfigurationId } = of
      const rows = await sql.destinationVersion.findMany({
        where: { accountId, ...(loggingConfigurationId === undefined ? {} : { loggingConfigurationId }) },
        orderBy: { createdAt: 'asc' },
        select: SELECT,
      })
      return rows.map((row) => Row.parse(row))
    },

    /**
     * A new place for the records of a logging configuration, which is new or locked and still has to be pointed at it.
     * `drawId` is asked again while an id is taken.
     */
    async create(version: {
      readonly loggingConfigurationId: LoggingConfigurationId
      readonly accountId: AccountId
      readonly region: string
      readonly destination: Destination
      readonly createdAt: Date
      readonly drawId: () => DestinationVersionId
    }): Promise<DestinationVersionId> {
      const { destination, drawId, ...about } = version
      const { loggingConfigurationId } = about
      const latest = await table.findFirst({
        where: { loggingConfigurationId },
        orderBy: { createdAt: 'desc' },
        select: { createdAt: true },
      })
      // The writer delivers the earlier of two versions with one target first, and knows it by this time: ids say nothing.
      const createdAt = new Date(Math.max(about.createdAt.getTime(), (latest?.createdAt.getTime() ?? 0) + 1))
      for (let draw = 1; draw <= DRAWS_MAX; draw += 1) {
        const id = drawId()
        // One that fails would end the transaction.
        const { count } = await table.createMany({
          data: [{ ...about, ...destination, id, createdAt }],
          skipDuplicates: true,
        })
        if (count === 1) return id
      }
      throw new Error(`of ${DRAWS_MAX} ids drawn for a destination version none was free`)
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
