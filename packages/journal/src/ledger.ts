import type { DestinationVersionId, MessageId, RoomId } from '@roomlog/domain'
import type { AppendId, Partition, Position, Transaction } from './log.ts'

/** Random UUID that proves who works a partition. */
export type LeaseToken = string & { readonly __brand: 'LeaseToken' }

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
  /** How much the batches have that some lane still waits for. */
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
  /** Those of the leases named that are still held, now extended; a revision that fell tells a restored database. */
  readonly renewed: readonly { readonly partition: Partition; readonly revision: number }[]
  /** Partitions that no living writer holds. */
  readonly free: readonly Partition[]
  /** Writers alive, this one included. */
  readonly writers: number
  /** How many of those come before this one, in an order on which all agree. */
  readonly rank: number
}

/** Who works which partition, what of it was delivered, and what was not. */
export type Ledger = {
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
  /** Destination versions without a backlog are left out. */
  backlog(versions: readonly DestinationVersionId[]): Promise<readonly Backlog[]>
  /** Those of these that have got everything, or never get it. */
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
