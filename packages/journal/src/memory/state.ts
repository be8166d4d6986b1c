import type { DestinationVersionId } from '@roomlog/domain'
import type { StoredEntry } from '../entry.ts'
import type {
  AppendId,
  DeadLetter,
  DeliveryTotals,
  LaneChange,
  LeaseToken,
  Partition,
  PartitionTrouble,
  Position,
  RecordKey,
} from '../port.ts'
import { START } from '../position.ts'

/** The time to use, and whether anything may be decided by it. */
export type Clock = { nowMs(): number; sure(): boolean }

/** A journal row; never changed once it stands. */
export type StoredBatch = StoredEntry & {
  readonly lastPosition: Position
  readonly previousAppendId: AppendId | undefined
}

/** `quietSinceMs`: nobody can be sending for the intent since then. */
export type StoredLane = LaneChange & { readonly quietSinceMs: number | undefined }

export type StoredLetter = DeadLetter & { readonly letterId: string; readonly buriedAtMs: number }

export type StoredKey = RecordKey & { readonly createdAtMs: number }

export type Lease = { readonly owner: string; readonly token: LeaseToken; readonly expiresAtMs: number }

/** What a destination version was sent from one partition, added up. */
export type PartitionTotals = DeliveryTotals & { readonly partition: Partition }

export type PartitionState = {
  readonly partition: Partition
  head: Position
  configVersion: number
  lastTimeMs: number
  lastAppendId: AppendId | undefined
  revision: number
  dispatched: Position
  dispatchedAppendId: AppendId | undefined
  trimmed: Position
  trouble: PartitionTrouble | undefined
  lease: Lease | undefined
  batches: StoredBatch[]
  lanes: Map<DestinationVersionId, StoredLane>
  totals: Map<DestinationVersionId, PartitionTotals>
  deadLetters: StoredLetter[]
}

/** All that a database would hold. */
export type State = {
  readonly partitions: readonly PartitionState[]
  /** When each writer's sign-in ends. */
  writers: Map<string, number>
  /** Destination versions whose backlog was given up. */
  abandoned: Set<DestinationVersionId>
  /** By room and key. */
  keys: Map<string, StoredKey>
  lastLetterId: number
}

export function emptyState(partitions: readonly Partition[]): State {
  return {
    partitions: partitions.map(emptyPartition),
    writers: new Map(),
    abandoned: new Set(),
    keys: new Map(),
    lastLetterId: 0,
  }
}

/** A copy that later changes of the original do not reach. */
export function copyState(state: State): State {
  return {
    partitions: state.partitions.map((at) => ({
      ...at,
      batches: [...at.batches],
      lanes: new Map(at.lanes),
      totals: new Map(at.totals),
      deadLetters: [...at.deadLetters],
    })),
    writers: new Map(state.writers),
    abandoned: new Set(state.abandoned),
    keys: new Map(state.keys),
    lastLetterId: state.lastLetterId,
  }
}

export function partitionIn(state: State, partition: Partition): PartitionState {
  const found = state.partitions[partition]
  if (!found) throw new Error(`partition ${partition} does not exist`)
  return found
}

function emptyPartition(partition: Partition): PartitionState {
  return {
    partition,
    head: START,
    configVersion: 1,
    lastTimeMs: 0,
    lastAppendId: undefined,
    revision: 0,
    dispatched: START,
    dispatchedAppendId: undefined,
    trimmed: START,
    trouble: undefined,
    lease: undefined,
    batches: [],
    lanes: new Map(),
    totals: new Map(),
    deadLetters: [],
  }
}
