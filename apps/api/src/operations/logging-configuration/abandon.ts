import type { LoggingConfigurationId } from '@roomlog/domain'
import type { Tx } from '../../database/transact.ts'
import { owedSql } from '../delivery/owed.ts'

/**
 * Gives up what no destination of the configuration has got yet: counted, then marked, so that the writer drops what it
 * still holds. The lanes are locked first, in order; a cycle in flight may still land, so the count is an upper bound.
 */
export async function abandonBacklog(tx: Tx, loggingConfigurationId: LoggingConfigurationId): Promise<void> {
  const found = await tx.destinationVersion.findMany({ where: { loggingConfigurationId }, select: { id: true } })
  const versions = found.map(({ id }) => id)
  await tx.$queryRaw`select partition from journal_progress order by partition for update`
  await tx.$executeRawUnsafe(GIVE_UP, versions)
  await tx.$executeRaw`delete from journal_lane where destination_version_id = any(${versions}::integer[])`
  await tx.$executeRaw`update destination_version set abandoned_at = now() where id = any(${versions}::integer[])`
}

const GIVE_UP = `
insert into delivery_total as t (partition, destination_version_id, given_up)
select partition, destination_version_id, records
  from (${owedSql({ batchesMax: undefined })}) given_up where records > 0
on conflict (partition, destination_version_id) do update set given_up = t.given_up + excluded.given_up`
