import type { DestinationVersionId, IdempotencyKey, MessageId, RoomId } from '@roomlog/domain'

/** Number of a partition, from 0; a room hashes to one of them. */
export type Partition = number & { readonly __brand: 'Partition' }
/** An opaque, ordered integer: where a record stands in its partition. The first record has 1; 0 is before it. */
export type Position = number & { readonly __brand: 'Position' }
/** Random UUID that names one batch, whatever the number of times its append is asked for. */
export type AppendId = string & { readonly __brand: 'AppendId' }

/**
 * A transaction that somebody else has begun and will end, through whichever client. What the journal does in it happens
 * when it commits, or not at all.
 */
export type Transaction = {
  query(text: string, values: readonly unknown[]): Promise<readonly object[]>
}

/** A record as it goes into the journal: `bytes` is its final JSON line, with the `\n`. */
export type NewRecord = {
  readonly roomId: RoomId
  readonly id: MessageId
  /** The record's own time (ms since the epoch), before the partition's floor is applied. */
  readonly timeMs: number
  /** At least one: a record for nobody is not journaled. */
  readonly destinations: readonly DestinationVersionId[]
  readonly bytes: Uint8Array
}

/** By which something is asked for again: of a room, for `IDEMPOTENCY_KEY_KEPT_MS`. */
export type KeyName = { readonly roomId: RoomId; readonly key: IdempotencyKey }

/** A key as it is first given, with what whoever gives it again is answered. */
export type RecordKey = KeyName & {
  /** A hash of what is asked for, 64 hex digits: the same key with another hash asks for something else. */
  readonly hash: string
  readonly id: MessageId
  readonly sendTime: string
}

export type AppendRequest = {
  readonly partition: Partition
  /** Kept by a retry, which then finds what the first try did. */
  readonly appendId: AppendId
  /** The version that every record's destinations were resolved at. */
  readonly configVersion: number
  /** In the order they are to stand; at least one, unless there are keys. */
  readonly records: readonly NewRecord[]
  /**
   * Given with the records, or for what a room without destinations would have had recorded: all are new with this append,
   * or nothing is appended. Of rooms of the partition, no key twice.
   */
  readonly keys?: readonly RecordKey[] | undefined
}

export type AppendOutcome =
  /** Without records the position means nothing. */
  | { readonly status: 'appended'; readonly firstPosition: Position }
  /** Nothing was appended, nor can be under this `appendId`: of its keys these are known, as `findKeys` answers them. */
  | { readonly status: 'known'; readonly keys: readonly RecordKey[] }
  /** Nothing was appended: destinations have changed since; resolve again at `configVersion`. */
  | { readonly status: 'stale'; readonly configVersion: number }
  /** Nothing was appended, for certain. */
  | { readonly status: 'unavailable'; readonly reason: string }
  /** May have been appended: ask again with the same `appendId`. */
  | { readonly status: 'unknown'; readonly reason: string }

/** A batch as it is read back. Where record `i` stands is told by `positionOf(firstPosition, i)`. */
export type JournalBatch = {
  readonly partition: Partition
  /** Where the batch before it ends: who stands there reads this one next. */
  readonly previousEnd: Position
  readonly firstPosition: Position
  readonly lastPosition: Position
  readonly appendId: AppendId
  /** ms since the epoch, by the database's clock. */
  readonly committedAtMs: number
  /**
   * Undefined for all but a tombstone: a batch that an operator set aside. It has its place and its counts; its records
   * are gone. The number is the revision of the partition's progress since then: whoever took the partition at an earlier
   * one may have seen the batch whole.
   */
  readonly setAsideRevision: number | undefined
  /** Records to each destination version. */
  readonly counts: ReadonlyMap<DestinationVersionId, number>
  readonly rooms: readonly RoomId[]
  readonly sets: readonly (readonly DestinationVersionId[])[]
  /** Index into `rooms`, `sets`, by record. */
  readonly room: Uint16Array
  readonly set: Uint16Array
  /** Effective time of each record (ms since the epoch), never falling inside a partition. */
  readonly timeMs: Float64Array
  /** Record `i` is `bytes.subarray(offset[i], offset[i + 1])`. */
  readonly offset: Uint32Array
  readonly bytes: Buffer
}

export type Head = { readonly head: Position; readonly appendId: AppendId | undefined }

/** Why the next batch cannot be read; what is behind it waits. `position` is its first record's. */
export type Fault =
  /** Its row is not what was written, or cannot be read, or is not there: a person must act. */
  | { readonly status: 'damaged'; readonly position: Position; readonly reason: string }
  /** It is of a later version's format: it waits until that version reads it. */
  | { readonly status: 'unreadable'; readonly position: Position; readonly format: number }

export type ReadOutcome =
  | { readonly status: 'read'; readonly batches: readonly JournalBatch[] }
  /** The reader is below the floor: it must reload its state. */
  | { readonly status: 'trimmed'; readonly trimmed: Position }
  | Fault
  /** Another batch stands before `after` than the reader has seen, or the head is behind it: the database was restored. */
  | { readonly status: 'rewound' }

/** What was said, in order: appended, read, and deleted once nobody owes it any more. */
export type Log = {
  /** Number of partitions, fixed when the journal was created. */
  readonly partitions: number
  /** What the records of a batch should weigh at most. A single record may weigh more. */
  readonly batchBytesMax: number
  append(request: AppendRequest): Promise<AppendOutcome>
  /**
   * Of these keys those that are known, as they were first given. As durable as what was just appended, like all that a retry
   * finds: who reads alone may read what stands on the primary's disk and nowhere else.
   */
  findKeys(names: readonly KeyName[]): Promise<readonly RecordKey[]>
  /** Forgets keys that are older than they are kept, the oldest thousand at a time; returns how many. */
  forgetKeys(): Promise<number>
  /** The version that appends to the partition must name now. */
  configVersion(partition: Partition): Promise<number>
  /**
   * The last step of a transaction that changes where records go: a room's list of logging configurations, its existence,
   * a configuration's state or destination. From its commit on nothing that was resolved before can be appended. Until
   * then no record of any room is appended, so nothing should follow it in the transaction.
   */
  announce(transaction: Transaction): Promise<void>
  /** Fails where an append would fail now: no room, no right to write. Leaves nothing behind. */
  probe(): Promise<void>
  heads(partitions: readonly Partition[]): Promise<ReadonlyMap<Partition, Head>>
  /** Batches after position `after`, at least one if there is one, about `bytesMax` at most. */
  read(from: {
    readonly partition: Partition
    readonly after: Position
    readonly afterAppendId: AppendId | undefined
    readonly bytesMax: number
  }): Promise<ReadOutcome>
  /** Deletes settled batches older than `keepMs`; returns how many records went. */
  trim(partition: Partition, limits: { readonly keepMs: number }): Promise<number>
}
