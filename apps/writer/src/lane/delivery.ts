import type { MessageId, RoomId } from '@roomlog/domain'
import type { Position } from '@roomlog/journal'
import type { Failure, FoundRun, RunsOutcome, Sink, SinkRecords } from '@roomlog/sinks'
import { type Clock, sleep } from '../clock.ts'
import { type AttemptContext, type Attempted, attempt, type Recalled } from './attempt.ts'
import type { Checkpoint, Ghost, Tombstone } from './checkpoint.ts'
import type { Destination } from './destination.ts'
import type { Home } from './lane.ts'
import type { Life } from './life.ts'
import type { Mark } from './mark.ts'
import type { Records } from './records.ts'
import type { Refusals } from './refusals.ts'
import type { LaneRecords } from './selection.ts'
import type { Dead, Tally } from './tally.ts'
import type { Trouble } from './trouble.ts'

/** What is delivered and settled together: a lane's records after its checkpoint, up to `to`. */
export type Cycle = {
  readonly to: Mark
  readonly records: Records
  /** An earlier life may have sent some of it. */
  readonly recovering: boolean
}

export type CycleEnd =
  | { readonly status: 'settled' }
  /** Not all of it; the lane goes back to its checkpoint. Only where repeating is harmless. */
  | { readonly status: 'dropped' }
  | { readonly status: 'stopped' }

/** What a way of delivering sees of its lane. */
export type Delivery = {
  readonly sink: Sink
  readonly clock: Clock
  readonly settings: DeliverySettings
  readonly ghosts: Map<RoomId, Ghost>
  /** In order. */
  readonly tombstones: ReadonlyMap<Position, Tombstone>
  /** One write, attempted until its outcome needs a decision. */
  write(records: LaneRecords): Promise<Attempted>
  /** Which of these the destination holds; undefined when told to stop, or out of patience. */
  recall(records: SinkRecords): Promise<ReadonlySet<MessageId> | undefined>
  /** The room's objects that begin inside a tombstone and in the hour of that time; undefined as for `recall`. */
  runsIn(tombstone: Tombstone, roomId: RoomId, timeMs: number): Promise<readonly FoundRun[] | undefined>
  /** Resolves once whatever an earlier life has sent is there to be found; false when told to stop. */
  landed(): Promise<boolean>
  /** Runs at most a few at once, over all partitions of the destination. */
  limited<T>(task: () => Promise<T>): Promise<T>
  /** The partition's last position, read now. */
  freshHead(): Promise<Position>
  /** How long no call of a recovering cycle can have been sent. */
  quietForMs(): number
  /** Writes down that a recovering cycle is being sent for again; false when the lease is lost. */
  aboutToSend(): Promise<boolean>
  bury(dead: Dead): void
  /** What the destination refused and accepted, over all its lanes. */
  readonly refusals: Refusals
  /** Whether a person asked that the message be made a dead letter if it is refused. */
  isSetAside(id: MessageId): Promise<boolean>
  /**
   * Shows the lane as held for `why`, until `batch` is released, and waits before the next probe, the longer the more
   * `times` it did; false when told to stop.
   */
  hold(batch: object, why: Failure, times: number): Promise<boolean>
  release(batch: object): void
  countRepeatsPossible(records: number): void
  outOfPatience(): boolean
  stopped(): boolean
  /** False when it was cut short: what was waited for may not have come. */
  sleep(ms: number): Promise<boolean>
}

export type DeliverySettings = {
  /** Raw bytes of one S3 object at most. */
  readonly objectBytesMax: number
  /** From a call whose fate is unknown, the end of its timeout, until its effect is taken to be visible, if there is one. */
  readonly readBackAfterMs: number
  /** The same from the moment since which a dead writer can have sent nothing: its calls' timeouts are over by then. */
  readonly recoverAfterMs: number
  /** Between the two reads that make an absence believed. */
  readonly readBackAgainAfterMs: number
  /** Before records that were refused inside a batch are sent again. */
  readonly resendAfterMs: number
}

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
