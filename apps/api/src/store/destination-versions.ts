import { type AccountId, type Destination, DestinationVersionId, type LoggingConfigurationId } from '@roomlog/domain'
import type { Tx } from '../database/transact.ts'

export function destinationVersionsOf(sql: Tx) {
  return {
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
  }
}
