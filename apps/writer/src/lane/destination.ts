import type { DestinationVersion, MessageId } from '@roomlog/domain'
import type { Sink } from '@roomlog/sinks'
import type { Cycle, CycleEnd, Delivery, DeliverySettings } from './delivery.ts'
import type { Refusals } from './refusals.ts'
import type { Waits } from './trouble.ts'

/** How records of one kind of destination are gathered and sent. */
export type LanePolicy = {
  /** From a record's commit until its cycle is due. */
  readonly flushAfterMs: number
  readonly cycleBytesMax: number
  readonly cycleRecordsMax: number
  /** Calls cannot be repeated: the end of a cycle is written down before it is sent. */
  readonly intents: boolean
  /** Failures in a row after which a cycle is dropped and built again later; undefined keeps it. */
  readonly patience: number | undefined
  readonly attemptTimeoutMs: number
  /** Between attempts while there is trouble. */
  readonly waits: Waits
  readonly delivery: DeliverySettings
  readonly deliver: (delivery: Delivery, cycle: Cycle) => Promise<CycleEnd>
}

/** A destination as its lanes see it; shared by the lanes of all partitions. */
export type Destination = {
  readonly version: DestinationVersion
  /** Of two versions with one target, the one that was made later waits until the earlier one has drained. */
  readonly madeAtMs: number
  readonly sink: Sink
  readonly policy: LanePolicy
  readonly refusals: Refusals
  /** Whether a person asked that the message be made a dead letter if it is refused. */
  isSetAside(id: MessageId): Promise<boolean>
  limited<T>(task: () => Promise<T>): Promise<T>
}
