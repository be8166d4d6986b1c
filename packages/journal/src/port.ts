import type { DestinationVersionId, IdempotencyKey, MessageId, RoomId } from '@roomlog/domain'

/** Number of a partition, from 0; a room hashes to one of them. */
export type Partition = number & { readonly __brand: 'Partition' }
/** An opaque, ordered integer: where a record stands in its partition. The first record has 1; 0 is before it. */
export type Position = number & { readonly __brand: 'Position' }
/** Random UUID that names one batch, whatever the number of times its append is asked for. */
export type AppendId = string & { readonly __brand: 'AppendId' }
/** Random UUID that proves who works a partition. */
export type LeaseToken = string & { readonly __brand: 'LeaseToken' }

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
  /** Of what is asked for, 64 hex digits: the same key with another hash asks for something else. */
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

export type LaneState = 'flowing' | 'retrying' | 'held'

/** A lane: one destination version on one partition, while it has unsettled records. */
export type Lane = {
  readonly destinationVersionId: DestinationVersionId
  readonly checkpoint: Position
  /** The batch the checkpoint stands on. */
  readonly checkpointAppendId: AppendId | undefined
  /** End of the cycle whose calls may have been sent. */
  readonly intent: Position | undefined
}

export type LoadedLane = Lane & {
  /** How long (ms) nobody can have been sending for the intent: its writer is gone, or has not begun. */
  readonly quietForMs: number
}

export type Progress = {
  readonly partition: Partition
  /** Goes up by one with each change. */
  readonly revision: number
  readonly dispatched: Position
  readonly dispatchedAppendId: AppendId | undefined
  readonly trimmed: Position
  /** From where on an earlier writer could not read. */
  readonly troubleAt: Position | undefined
  readonly lanes: readonly LoadedLane[]
}

/** Why a partition's records are not delivered from a position on, in words for an operator. */
export type PartitionTrouble = { readonly position: Position; readonly words: string }

export type LaneChange = Lane & {
  /** Calls for the intent may be on their way from now on. */
  readonly sending: boolean
  readonly state: LaneState
  readonly lastError: string | undefined
  readonly nextProbeAtMs: number | undefined
}

export type DeadLetter = {
  readonly destinationVersionId: DestinationVersionId
  readonly position: Position
  readonly roomId: RoomId
  readonly id: MessageId
  readonly reason: string
  readonly bytes: Uint8Array
}

/** What to add to a destination version's counters in a partition. */
export type Totals = {
  readonly destinationVersionId: DestinationVersionId
  readonly delivered: number
  readonly repeatsPossible: number
  readonly dead: number
  readonly givenUp: number
  readonly errors: { readonly all: number; readonly accessDenied: number; readonly notFound: number }
  readonly lastDeliveredAtMs: number | undefined
  readonly lastError: string | undefined
}

/** What a destination version was sent, over all partitions. */
export type DeliveryTotals = Totals & { readonly lastErrorAtMs: number | undefined }

/** What a destination version has not got yet. */
export type Backlog = {
  readonly destinationVersionId: DestinationVersionId
  /** About: of a large backlog only the oldest batches are counted, and the others taken to be like them. */
  readonly records: number
  /** Since the oldest of them was committed. */
  readonly lagMs: number
  /** Why some of it cannot be read from the journal, in words for an operator. */
  readonly trouble: string | undefined
}

/** A lane that does not flow. */
export type LaneTrouble = {
  readonly destinationVersionId: DestinationVersionId
  readonly state: Exclude<LaneState, 'flowing'>
  readonly lastError: string | undefined
  readonly nextProbeAtMs: number | undefined
}

/** A dead letter as it is kept. */
export type KeptLetter = Omit<DeadLetter, 'position'> & {
  /** Digits; a letter that was buried later has a greater number. */
  readonly letterId: string
  readonly buriedAtMs: number
}

/** Dead letters of these destination versions. */
export type LettersChosen = {
  readonly from: readonly DestinationVersionId[]
  /** These of them; undefined is any. */
  readonly letterIds: readonly string[] | undefined
  /** The oldest are chosen. */
  readonly lettersMax: number
}

/** All of it is written, or (lease lost) none. */
export type ProgressChange = {
  /** The revision that this change follows: asked for twice, it is made once. */
  readonly revision: number
  readonly dispatched?: { readonly position: Position; readonly appendId: AppendId | undefined } | undefined
  readonly lanes: readonly LaneChange[]
  /** Lanes that are settled to `dispatched`: their rows go. */
  readonly closed: readonly DestinationVersionId[]
  readonly deadLetters: readonly DeadLetter[]
  readonly totals: readonly Totals[]
}

/** What retention lets a partition keep. */
export type RetentionLimits = {
  /** Since commit, for lanes that are in trouble and have delivered nothing for an hour (or `keepMs`, if less). */
  readonly keepMs: number
  /** Of batches that some lane still waits for. */
  readonly bytesMax: number
}

/** A lane that was moved on, and its records in between: it has not settled them and will not. May be none. */
export type GivenUp = { readonly destinationVersionId: DestinationVersionId; readonly records: number }

export type SetAsideOutcome =
  /** `records`: how many stand between its first and its last position. `givenUp`: an upper bound for each destination. */
  | {
      readonly status: 'set aside'
      readonly first: Position
      readonly last: Position
      readonly reason: string
      readonly givenUp: readonly GivenUp[]
    }
  /** It verifies: nothing was changed. */
  | { readonly status: 'whole' }
  /** It verifies, and is of a later version's format: nothing was changed. */
  | { readonly status: 'unreadable'; readonly format: number }
  /** It is damaged, and stays so: a process of an earlier version lives that cannot read what would take its place. */
  | { readonly status: 'too early' }
  /** It was set aside before. */
  | { readonly status: 'tombstone' }
  /** The journal holds no such position: trimmed, or not there yet. */
  | { readonly status: 'nowhere' }

export type RedriveRequest = LettersChosen & {
  readonly to: DestinationVersionId
  /** The version at which `to` was where records go. */
  readonly configVersion: number
  readonly newAppendId: () => AppendId
}

export type RedriveOutcome = {
  /** `stale`: destinations have changed since; what is not in `letters` is where it was. */
  readonly status: 'redriven' | 'stale'
  /** How many are dead letters no more and stand in the journal again. */
  readonly letters: number
}

/** `aheadMs`: how far the time of the partition's last record was ahead of now. */
export type TimeHealing = {
  readonly aheadMs: number
  readonly status:
    | 'healed'
    /** It would be healed: this was a dry run. */
    | 'ahead'
    /** Not ahead by more than clocks may be apart: there is nothing to heal. */
    | 'right'
    /** Nothing was done: nobody can say what time it is. */
    | 'unsure'
}

export type HeldLease = { readonly partition: Partition; readonly token: LeaseToken }

export type Roll = {
  /** Of the leases named, those still held, now extended; a revision that fell tells a restored database. */
  readonly renewed: readonly { readonly partition: Partition; readonly revision: number }[]
  /** Partitions that no living writer holds. */
  readonly free: readonly Partition[]
  /** Writers alive, this one included. */
  readonly writers: number
  /** Of those, how many come before this one, in an order on which all agree. */
  readonly rank: number
}

/**
 * The durable log between api and writer. Postgres in production, memory as the executable spec. Nobody else knows its
 * tables: what others want of them is a member here.
 */
export type Journal = {
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
  /**
   * An api signs in for `ttlMs` with the formats of batches that it reads, as writers do by `roll`. What all who are signed in
   * read may be written from then on; nobody needs to know. `allKnowKeys`: every api that is signed in records keys, so that
   * it does not matter which one is asked again.
   */
  signIn(api: { readonly apiId: string; readonly ttlMs: number }): Promise<{ readonly allKnowKeys: boolean }>
  /** Signs in for `ttlMs`, extends the leases held and tells what there is to take. */
  roll(writer: {
    readonly writerId: string
    readonly ttlMs: number
    readonly held: readonly HeldLease[]
  }): Promise<Roll>
  /** Takes the partition if nobody holds it; the new token is `token`. */
  acquire(lease: HeldLease & { readonly writerId: string; readonly ttlMs: number }): Promise<Progress | 'taken'>
  release(leases: readonly HeldLease[]): Promise<void>
  /** The writer or the api leaves the roll. */
  signOut(id: string): Promise<void>
  /**
   * Conditional on the lease's token, on the revision, and on the batch that `dispatched` stands on being there (a
   * restored database may hold the same token, with another history); a checkpoint or `dispatched` never moves back.
   */
  settle(lease: HeldLease, change: ProgressChange): Promise<'settled' | 'lost'>
  /** Writes down why the partition cannot be read on, or (undefined) that it can; nothing if the lease is another's. */
  report(lease: HeldLease, trouble: PartitionTrouble | undefined): Promise<void>
  /**
   * Gives up what is beyond the limits: counted exactly, in one transaction with the checkpoints that pass it, and only
   * while the lease is held. Whole hours of effective time go, because no S3 object spans two: a lane that begins behind
   * the end of an hour meets every object that stands there. So the size may be exceeded by the traffic of an hour.
   * If a lane moved, what settles meanwhile is lost: its writer must reload.
   */
  expire(lease: HeldLease, limits: RetentionLimits): Promise<readonly GivenUp[]>
  /**
   * Appends the bytes of dead letters again, each in its room's partition, and deletes them in the same transaction (one
   * a partition): it happens once or not at all, whoever else asks and whatever breaks. Their time is now.
   */
  redrive(request: RedriveRequest): Promise<RedriveOutcome>
  /**
   * Lets the time of a partition fall to now, after a clock that had jumped left it ahead (`dryRun`: only tells by how much).
   * From there on effective time begins again: a room's S3 keys from then on sort before those that were written with the time
   * that was ahead, until the real time has passed it. Nothing is lost or repeated: where time falls cycles end, so no S3
   * object, call or reading back spans it.
   */
  healTime(partition: Partition, how: { readonly dryRun: boolean }): Promise<TimeHealing>
  /** Deletes settled batches older than `keepMs`; returns how many records went. */
  trim(partition: Partition, limits: { readonly keepMs: number }): Promise<number>
  /** Destination versions without a backlog are left out. */
  backlog(versions: readonly DestinationVersionId[]): Promise<readonly Backlog[]>
  /** Of these, the ones that have got everything, or never get it. */
  drained(versions: readonly DestinationVersionId[]): Promise<readonly DestinationVersionId[]>
  /**
   * Gives up what these destination versions have not got yet, counted, as a part of the transaction; the caller marks them
   * as abandoned in it, so that the writer drops what it still holds. A cycle that is on its way may still land, so the count
   * is an upper bound.
   */
  abandon(transaction: Transaction, versions: readonly DestinationVersionId[]): Promise<void>
  troubles(versions: readonly DestinationVersionId[]): Promise<readonly LaneTrouble[]>
  totals(versions: readonly DestinationVersionId[]): Promise<readonly DeliveryTotals[]>
  /** Dead letters behind `after`, which is a letter's id, the oldest first. */
  letters(chosen: {
    readonly from: readonly DestinationVersionId[]
    readonly after: string
    readonly lettersMax: number
  }): Promise<readonly KeptLetter[]>
  countLetters(from: readonly DestinationVersionId[]): Promise<number>
  /** Deletes dead letters for good; how many. Those that are just being sent again are left alone. */
  discard(chosen: LettersChosen): Promise<number>
  /** How many writers are alive. */
  writers(): Promise<number>
}
