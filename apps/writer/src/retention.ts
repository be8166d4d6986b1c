import type { Journal, LeaseToken, RetentionLimits } from '@roomlog/journal'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import type { PartitionWorker } from './partition/partition.ts'

export type RetentionOptions = {
  readonly journal: Pick<Journal, 'expire'>
  readonly clock: Clock
  readonly log: Log
  readonly limits: RetentionLimits
  /** How long a partition is worked before anything in it is given up: its destinations may be back by now. */
  readonly patienceMs: number
}

type Worker = Pick<PartitionWorker, 'lease' | 'reload'>

/** Gives up what is beyond the limits, loudly, in the partitions that this writer has worked for a while. */
export function createRetention({ journal, clock, log, limits, patienceMs }: RetentionOptions) {
  let workedSince = new Map<LeaseToken, number>()

  return async (workers: readonly Worker[]): Promise<void> => {
    const nowMs = clock.monotonicMs()
    workedSince = new Map(workers.map(({ lease: { token } }) => [token, workedSince.get(token) ?? nowMs]))
    for (const worker of workers) {
      const { partition, token } = worker.lease
      if (nowMs - (workedSince.get(token) ?? nowMs) < patienceMs) continue
      const given = await journal.expire(worker.lease, limits)
      if (given.length > 0) worker.reload()
      for (const { destinationVersionId, records } of given) {
        if (records === 0) continue
        const facts = { event: 'retention.gave.up', partition, destinationVersionId, records }
        log.error(facts, 'Records were kept as long as retention allows and are given up undelivered.')
      }
    }
  }
}
