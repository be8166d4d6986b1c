import { randomUUID } from 'node:crypto'
import { type Journal, toLeaseToken, toPartition } from '@roomlog/journal'

const TTL_MS = 10 * 60_000
const WRITER = 'bench'

/**
 * Keeps all partitions, as a writer of ours would: the writer that is measured starts, becomes ready and has nothing to
 * do until they are released. So its start and its work are told apart.
 */
export async function holdPartitions(journal: Journal): Promise<{ release(): Promise<void> }> {
  const held = Array.from({ length: journal.partitions }, (_, n) => ({
    partition: toPartition(n),
    token: toLeaseToken(randomUUID()),
  }))
  await journal.roll({ writerId: WRITER, ttlMs: TTL_MS, held: [] })
  for (const lease of held) {
    const taken = await journal.acquire({ ...lease, writerId: WRITER, ttlMs: TTL_MS })
    if (taken === 'taken') throw new Error('the partitions are not free')
  }
  return {
    async release() {
      await journal.signOut(WRITER)
      await journal.release(held)
    },
  }
}
