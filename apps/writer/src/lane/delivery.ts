import type { FoundRun, RunsOutcome } from '@roomlog/sinks'
import { sleep } from '../clock.ts'
import type { Delivery } from '../kinds/delivery.ts'
import { type AttemptContext, attempt, type Recalled } from './attempt.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Destination } from './destination.ts'
import type { Home } from './lane.ts'
import type { Life } from './life.ts'
import type { Tally } from './tally.ts'
import type { Trouble } from './trouble.ts'

/** A read-back may take many pages, each with the client's own timeout, and other lanes may be read first. */
const RECALL_TIMEOUTS = 60

type Unread = Exclude<RunsOutcome, { status: 'found' }>
const NONE: ReadonlySet<never> = new Set()

/** What a way of delivering gets to work with: its sink behind the retry layer, and its lane's books. */
export function createDelivery(lane: {
  readonly destination: Destination
  readonly home: Home
  readonly life: Life
  readonly trouble: Trouble
  readonly tally: Tally
  readonly checkpoint: Checkpoint
  readonly quietSinceMs: number
  readonly aboutToSend: () => Promise<boolean>
}): Delivery {
  const { destination, home, life, trouble, tally } = lane
  const { clock } = home
  const { policy, sink, refusals } = destination
  const writing: AttemptContext = {
    clock,
    life,
    trouble,
    attemptTimeoutMs: policy.attemptTimeoutMs,
    patience: policy.patience,
    onFailure: (failure) => tally.failed(failure),
    // A call that cannot be repeated must end while the lease is surely ours, or the next writer could read back too early.
    // An object must be begun by then: the next writer may have to know when the last one can have come.
    mayAttempt: () => home.leaseValidForMs() > (policy.intents ? policy.attemptTimeoutMs : 0),
  }
  const recalling = {
    ...writing,
    attemptTimeoutMs: RECALL_TIMEOUTS * policy.attemptTimeoutMs,
    mayAttempt: undefined,
  }
  const outOfPatience = () => policy.patience !== undefined && trouble.failures >= policy.patience

  /** Reading changes nothing: without an answer it is simply asked again. */
  async function read(once: (signal: AbortSignal) => Promise<Recalled | Unread>): Promise<Recalled | undefined> {
    for (;;) {
      const outcome = await attempt(recalling, async (signal) => {
        const answer = await once(signal)
        return answer.status === 'refused' ? { ...answer, scope: 'destination' } : answer
      })
      if (outcome.status === 'recalled') return outcome
      if (outcome.status !== 'unknown' || outOfPatience()) return undefined
    }
  }

  return {
    sink,
    clock,
    settings: policy.delivery,
    ghosts: lane.checkpoint.ghosts,
    tombstones: lane.checkpoint.tombstones,
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
      const recalled = await read((signal) => recall(records, { signal }))
      // The write that got no answer was taken: nothing is wrong any more.
      if (recalled && [...records].every(({ id }) => recalled.found.has(id))) trouble.over()
      return recalled?.found
    },
    async runsIn({ first, last }, roomId, timeMs) {
      const { runs } = sink
      if (!runs) throw new Error(`the objects of a ${sink.kind} destination cannot be listed`)
      let found: readonly FoundRun[] = []
      const listed = await read(async (signal) => {
        const answer = await runs({ roomId, timeMs, first, last }, { signal })
        if (answer.status !== 'found') return answer
        found = answer.runs
        return { status: 'recalled', found: NONE }
      })
      return listed && found
    },
    async landed() {
      const waitMs = policy.attemptTimeoutMs + policy.delivery.recoverAfterMs - home.heldForMs()
      if (waitMs > 0) await sleep(clock, waitMs, life.stopping)
      return !life.stopping.aborted
    },
    limited: destination.limited,
    freshHead: () => home.freshHead(),
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
