import type { AccountId, Destination, DestinationVersionId, LoggingConfigurationId } from '@roomlog/domain'
import type { Tx } from '../database/transact.ts'

const DRAWS_MAX = 20

export function destinationVersionsOf(sql: Tx) {
  const table = sql.destinationVersion
  return {
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
      // Of versions with one target, the writer delivers the earlier one first: by this time, since ids say nothing.
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
  }
}
