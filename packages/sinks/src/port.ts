import type { DestinationKind, MessageId, RoomId } from '@roomlog/domain'

/** A record on its way to a destination. */
export type SinkRecord = {
  readonly roomId: RoomId
  readonly id: MessageId
  /** Where it stands in its partition: ordered, and never given to another record of the same journal. */
  readonly position: number
  /** Effective time, ms since the epoch; never falls inside a partition. */
  readonly timeMs: number
  /** The record's JSON line as UTF-8, with the final `\n`: `byteLength` bytes of `source`, from `start` on. */
  readonly source: Buffer
  readonly start: number
  readonly byteLength: number
}

/**
 * Records in order: an array of them, or whatever makes each when it is asked for, so that a write's records need not all be
 * objects for as long as the write takes.
 */
export type SinkRecords<R = SinkRecord> = {
  readonly length: number
  /** As of an array: from the end where negative, undefined where there is none. */
  at(index: number): R | undefined
  [Symbol.iterator](): Iterator<R>
}

export type BatchLimits = {
  readonly recordsMax: number
  /** Of record bytes, plus `overheadBytes` for each record. */
  readonly bytesMax: number
  readonly overheadBytes: number
  /** A larger record can never be sent. */
  readonly recordBytesMax: number
  /** Between the first and the last record's time. */
  readonly spanMaxMs: number
}

/** IVS's metric names for what went wrong; every failure also counts in LogDestinationErrors. */
export type ErrorMetric =
  | 'LogDestinationErrors'
  | 'LogDestinationAccessDeniedError'
  | 'LogDestinationResourceNotFoundErrors'

export type FailureClass =
  | 'throttled'
  | 'transient'
  | 'network'
  | 'clock'
  | 'access'
  | 'credentials'
  | 'missing'
  | 'invalid'
  | 'conditional-writes-ignored'

/** Why an attempt failed; `message` says what a person can do about it and holds no record content. */
export type Failure = {
  readonly class: FailureClass
  /** The service's error name, or the socket's code. */
  readonly name: string
  readonly message: string
  readonly metric: ErrorMetric
}

/** One end of an object's run. */
export type OccupantEnd = {
  /** Undefined if the object lost its metadata (a copy, say): then `recall` tells which records it holds. */
  readonly position: number | undefined
  readonly id: MessageId
}

/** First and last record of an object that stands in the way. */
export type Occupant = { readonly key: string; readonly first: OccupantEnd; readonly last: OccupantEnd }

export type Rejected = { readonly index: number; readonly reason: string; readonly retryable: boolean }

/** What one attempt came to. A sink never sleeps, loops or decides policy. */
export type WriteOutcome =
  | { readonly status: 'delivered' }
  /** All but these were taken. `failure`: why some of them were not taken for now. */
  | { readonly status: 'partial'; readonly rejected: readonly Rejected[]; readonly failure?: Failure }
  /** S3: an object starting at the same record is there already. */
  | { readonly status: 'occupied'; readonly occupant: Occupant }
  /** Surely not taken; worth another try. `retryAfterMs: 0`: the obstacle is gone already (a log stream was made). */
  | { readonly status: 'retry'; readonly failure: Failure; readonly retryAfterMs?: number }
  /**
   * Surely not taken. `destination`: a person must act. `batch`: something in it is unacceptable; a smaller one may pass.
   * `unknown`: the service gave a name that is not known, so that it may be either.
   */
  | { readonly status: 'refused'; readonly scope: 'destination' | 'batch' | 'unknown'; readonly failure: Failure }
  /** May have been taken: the answer was lost, or a server error. */
  | { readonly status: 'unknown'; readonly failure: Failure }

export type RecallOutcome =
  /** Ids of those of the asked-for records that the destination holds. */
  | { readonly status: 'recalled'; readonly found: ReadonlySet<MessageId> }
  | { readonly status: 'retry'; readonly failure: Failure }
  | { readonly status: 'refused'; readonly failure: Failure }

/** Runs of a room that begin in an hour and between two positions. */
export type RunsWanted = {
  readonly roomId: RoomId
  /** Any time of the hour, ms since the epoch. */
  readonly timeMs: number
  readonly first: number
  readonly last: number
}

/** An object that was found: `first` is its first record, without its line and with no more than the minute of its time. */
export type FoundRun = { readonly first: SinkRecord; readonly last: OccupantEnd }

export type RunsOutcome =
  /** In order. */
  { readonly status: 'found'; readonly runs: readonly FoundRun[] } | Exclude<RecallOutcome, { status: 'recalled' }>

export type CheckOutcome = { readonly status: 'ok' } | { readonly status: 'failed'; readonly failure: Failure }

/**
 * Aborting `signal` ends the call, which then rejects with an `AbortError`; but for bugs of the caller, nothing else makes
 * it reject. A write that was aborted may have been taken.
 */
export type SinkOptions = { readonly signal?: AbortSignal | undefined }

/** A writer to one destination. */
export type Sink = {
  readonly kind: DestinationKind
  readonly limits: BatchLimits
  /** One attempt. At least one record, in order. Their memory is not read any more once the answer is there. */
  write(records: SinkRecords, options?: SinkOptions): Promise<WriteOutcome>
  /** Which of these records the destination holds already. Their memory is not read any more once the answer is there. */
  readonly recall?: (records: SinkRecords, options?: SinkOptions) => Promise<RecallOutcome>
  /** S3: which runs of this destination begin where nobody knows any more what was journaled. */
  readonly runs?: (wanted: RunsWanted, options?: SinkOptions) => Promise<RunsOutcome>
  /**
   * Proves what delivery and recovery will need of the destination, as far as reading tells: it is there, it can take
   * records, and it can be read back. Leaves nothing there.
   */
  check(options?: SinkOptions): Promise<CheckOutcome>
}
