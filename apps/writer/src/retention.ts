import type { DestinationVersionId } from '@roomlog/domain'
import type { Journal, LeaseToken, RetentionLimits } from '@roomlog/journal'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import type { Partition } from './partition/partition.ts'
import type { About } from './reports.ts'

export type RetentionOptions = {
  readonly journal: Pick<Journal, 'expire'>
  readonly clock: Clock
  readonly log: Log
  readonly limits: RetentionLimits
  /** How long a partition is worked before anything in it is given up: its destinations may be back by now. */
  readonly patienceMs: number
  /** Whose records they are; undefined where that cannot be found out. */
  readonly aboutOf: (id: DestinationVersionId) => Promise<About | undefined>
}

type Worker = Pick<Partition, 'lease' | 'reload'>

/** Gives up what is beyond the limits, loudly, in the partitions that this writer has worked for a while. */
export function createRetention({ journal, clock, log, limits, patienceMs, aboutOf }: RetentionOptions) {
  let workedSince = new Map<LeaseToken, number>()

  return async (workers: readonly Worker[]): Promise<void> => {
    const nowMs = clock.monotonicMs()
    workedSince = new Map(workers.map(({ lease: { token } }) => [token, workedSince.get(token) ?? nowMs]))
    const givenUp = new Map<DestinationVersionId, number>()
    try {
      for (const worker of workers) {
        const { token } = worker.lease
        if (nowMs - (workedSince.get(token) ?? nowMs) < patienceMs) continue
        const given = await journal.expire(worker.lease, limits)
        if (given.length > 0) worker.reload()
        for (const { destinationVersionId: id, records } of given) givenUp.set(id, (givenUp.get(id) ?? 0) + records)
      }
    } finally {
      // Also where a later partition failed: what was given up by then is gone.
      for (const [destinationVersionId, records] of givenUp) {
        if (records === 0) continue
        const about = await aboutOf(destinationVersionId)
        const facts = { event: 'retention.gave.up', destinationVersionId, ...about, records }
        log.error(facts, 'Records were kept as long as retention allows and are given up undelivered.')
      }
    }
  }
}
