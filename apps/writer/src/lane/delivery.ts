import { sleep } from '../clock.ts'
import { type AttemptContext, attempt } from './attempt.ts'
import type { Delivery } from './cycle.ts'
import type { Destination } from './destination.ts'
import type { LaneContext } from './lane.ts'
import type { Life } from './life.ts'
import type { Tally } from './tally.ts'
import type { Trouble } from './trouble.ts'

/** A read-back may take many pages, each with the client's own timeout, and other lanes may be read first. */
const RECALL_TIMEOUTS = 60

/** What a way of delivering gets to work with: its sink behind the retry layer, and its lane's books. */
export function createDelivery(lane: {
  readonly destination: Destination
  readonly context: LaneContext
  readonly life: Life
  readonly trouble: Trouble
  readonly tally: Tally
  readonly ghosts: Delivery['ghosts']
  readonly quietSinceMs: number
  readonly aboutToSend: () => Promise<boolean>
}): Delivery {
  const { destination, life, trouble, tally } = lane
  const { clock, freshHead, leaseValidForMs } = lane.context
  const { policy, sink, refusals } = destination
  const writing: AttemptContext = {
    clock,
    life,
    trouble,
    attemptTimeoutMs: policy.attemptTimeoutMs,
    patience: policy.patience,
    onFailure: (failure) => tally.failed(failure),
    // A call must end while the lease is surely ours, or the next writer could read back too early.
    mayAttempt: policy.intents ? () => leaseValidForMs() > policy.attemptTimeoutMs : undefined,
  }
  const recalling = {
    ...writing,
    attemptTimeoutMs: RECALL_TIMEOUTS * policy.attemptTimeoutMs,
    mayAttempt: undefined,
  }
  const outOfPatience = () => policy.patience !== undefined && trouble.failures >= policy.patience

  return {
    sink,
    clock,
    settings: policy.delivery,
    ghosts: lane.ghosts,
    async write(records) {
      const outcome = await attempt(writing, async (signal) => {
        const sent = refusals.now()
        const answer = await sink.write(records, { signal })
        const rejected = answer.status === 'partial' ? answer.rejected.length : 0
        const isTaken = answer.status === 'delivered' || (answer.status === 'partial' && rejected < records.length)
        if (isTaken) refusals.accepted(sent)
        return answer
      })
      if (outcome.status === 'refused') refusals.refused(records)
      return outcome
    },
    async recall(records) {
      const { recall } = sink
      if (!recall) throw new Error(`a ${sink.kind} destination cannot be read back`)
      for (;;) {
        const outcome = await attempt(recalling, async (signal) => {
          const answer = await recall(records, { signal })
          return answer.status === 'refused' ? { ...answer, scope: 'destination' } : answer
        })
        if (outcome.status === 'recalled') {
          const { found } = outcome
          // The write that got no answer was taken: nothing is wrong any more.
          if ([...records].every(({ id }) => found.has(id))) trouble.over()
          return found
        }
        // Reading changes nothing: without an answer it is simply asked again.
        if (outcome.status !== 'unknown' || outOfPatience()) return undefined
      }
    },
    limited: destination.limited,
    freshHead,
    quietForMs: () => clock.monotonicMs() - lane.quietSinceMs,
    aboutToSend: lane.aboutToSend,
    bury: (dead) => tally.bury(dead),
    refusals,
    isSetAside: destination.isSetAside,
    async hold(batch, why, times) {
      await sleep(clock, trouble.hold(batch, why, times), life.stopping)
      return !life.stopping.aborted
    },
    release: (batch) => trouble.release(batch),
    countRepeatsPossible: (records) => tally.repeats(records),
    outOfPatience,
    stopped: () => life.stopping.aborted && (life.killed.aborted || trouble.failures > 0),
    async sleep(ms) {
      await sleep(clock, ms, life.stopping)
      return !life.stopping.aborted
    },
  }
}
