import { DestinationVersionId, type LoggingConfigurationId } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import { type Tx, transactionOf } from '../../database/transact.ts'

/** Gives up what no destination of the configuration has got yet, counted, and has the writer drop what it holds. */
export async function abandonBacklog(
  { journal }: Pick<Context, 'journal'>,
  tx: Tx,
  loggingConfigurationId: LoggingConfigurationId,
): Promise<void> {
  const found = await tx.destinationVersion.findMany({ where: { loggingConfigurationId }, select: { id: true } })
  const versions = found.map(({ id }) => DestinationVersionId.parse(id))
  await journal.abandon(transactionOf(tx), versions)
  await tx.$executeRaw`update destination_version set abandoned_at = now() where id = any(${versions}::integer[])`
}
