import type { MessageId, RoomId } from '@roomlog/domain'
import type { Position } from '@roomlog/journal'
import type { Failure, FoundRun, Sink, SinkRecords } from '@roomlog/sinks'
import type { Clock } from '../clock.ts'
import type { Attempted } from '../lane/attempt.ts'
import type { Ghost, Tombstone } from '../lane/checkpoint.ts'
import type { Mark } from '../lane/mark.ts'
import type { Records } from '../lane/records.ts'
import type { Refusals } from '../lane/refusals.ts'
import type { LaneRecords } from '../lane/selection.ts'
import type { Dead } from '../lane/tally.ts'

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
