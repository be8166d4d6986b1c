import { type Destination, type LoggingConfigurationId, newDestinationVersionId } from '@roomlog/domain'
import type { Context } from '../../context.ts'
import type { Tx } from '../../database/transact.ts'

const DRAWS_MAX = 20

/** Makes a version of where the configuration, which is locked or new, points from now on; the answer is its id. */
export async function addDestinationVersion(
  { accountId, region, clock, randomBytes }: Pick<Context, 'accountId' | 'region' | 'clock' | 'randomBytes'>,
  tx: Tx,
  loggingConfigurationId: LoggingConfigurationId,
  destination: Destination,
): Promise<number> {
  const latest = await tx.destinationVersion.findFirst({
    where: { loggingConfigurationId },
    orderBy: { createdAt: 'desc' },
    select: { createdAt: true },
  })
  // Of versions with one target, the writer delivers the earlier one first: by this time, since ids say nothing.
  const createdAt = new Date(Math.max(clock.nowMs(), (latest?.createdAt.getTime() ?? 0) + 1))
  for (let draw = 1; draw <= DRAWS_MAX; draw += 1) {
    const id = newDestinationVersionId(randomBytes)
    const data = { id, loggingConfigurationId, accountId, region, ...destination, createdAt }
    // One that fails would end the transaction.
    const { count } = await tx.destinationVersion.createMany({ data: [data], skipDuplicates: true })
    if (count === 1) return id
  }
  throw new Error(`of ${DRAWS_MAX} ids drawn for a destination version none was free`)
}
