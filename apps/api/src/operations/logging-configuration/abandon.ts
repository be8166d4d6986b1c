import type { LoggingConfigurationId } from '@roomlog/domain'
import { ABANDON_SQL } from '@roomlog/journal'
import type { Tx } from '../../database/transact.ts'

/** Gives up what no destination of the configuration has got yet, counted. */
export async function abandonBacklog(tx: Tx, loggingConfigurationId: LoggingConfigurationId): Promise<void> {
  const found = await tx.destinationVersion.findMany({ where: { loggingConfigurationId }, select: { id: true } })
  const versions = found.map(({ id }) => id)
  for (const statement of ABANDON_SQL) await tx.$executeRawUnsafe(statement, versions)
}
