import type { DestinationVersionId, RoomId } from '@roomlog/domain'
import { createCommitTurns } from './commit-turns.ts'
import { partitionOf } from './partition.ts'
import type { AppendOutcome, AppendRequest, Journal, NewRecord, Partition } from './port.ts'
import { START as NOWHERE, toAppendId } from './position.ts'

/** Where the records of rooms go. Every answer of one call holds at the one `configVersion` it names. */
export type Routes = {
  /** `atLeast`: what is known is older than that; look again. Rooms that do not exist are left out. */
  resolve(
    roomIds: readonly RoomId[],
    need: { readonly atLeast: number },
  ): Promise<{
    readonly configVersion: number
    readonly destinations: ReadonlyMap<RoomId, readonly DestinationVersionId[]>
  }>
}

export type Submission = Omit<NewRecord, 'destinations'>

export type SubmitOutcome =
  /** Durable; or the room has no destination, so that there is nothing to keep. */
  | { readonly status: 'recorded' }
  /** The room does not exist any more. Not recorded. */
  | { readonly status: 'gone' }
  /** Too much is waiting already. Not recorded. */
  | { readonly status: 'overloaded' }
  /** The database cannot be used now. Not recorded. */
  | { readonly status: 'unavailable'; readonly reason: string }
  /** Recorded zero or one time. */
  | { readonly status: 'unknown'; readonly reason: string }

export type AppenderLimits = {
  /** Of one batch. */
  readonly recordsMax: number
  /** @default the journal's `batchBytesMax` */
  readonly bytesMax: number
  /** Waiting in one partition, the batch being committed not counted. */
  readonly waitingBytesMax: number
  /** How long an append whose outcome is unknown is asked for again. Far below the age at which a batch may be trimmed. */
  readonly giveUpAfterMs: number
  readonly retryAfterMs: number
  /** Commits under way beyond which the next one waits, so that its batch fills. */
  readonly commitsAtOnce: number
  /** How long it waits at most. */
  readonly commitWaitMaxMs: number
}

const LIMITS: Omit<AppenderLimits, 'bytesMax'> = {
  recordsMax: 4_000,
  waitingBytesMax: 16 * 1024 * 1024,
  giveUpAfterMs: 10_000,
  retryAfterMs: 100,
  commitsAtOnce: 4,
  commitWaitMaxMs: 5,
}

export type SubmitOptions = { readonly signal?: AbortSignal | undefined }

export type Appender = {
  /**
   * Resolves once the record's fate is known. Records of a room are journaled in the order of the calls. What was taken is
   * journaled though its caller goes away; a caller that is gone already (`signal`) is refused.
   */
  submit(record: Submission, options?: SubmitOptions): Promise<SubmitOutcome>
  /** As `submit` for each in turn; resolves once the fate of all is known, with their outcomes in the same order. */
  submitAll(records: readonly Submission[], options?: SubmitOptions): Promise<readonly SubmitOutcome[]>
  /** Takes no more and waits for what was taken. */
  close(): Promise<void>
}

export type AppenderOptions = {
  readonly journal: Journal
  readonly routes: Routes
  /** Lower-case random UUIDs. */
  readonly randomUUID: () => string
  /** Monotonic, ms. */
  readonly nowMs: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly limits?: Partial<AppenderLimits>
}

/** What was submitted together. */
type Submitted = { settle(at: number, outcome: SubmitOutcome): void }
type Waiting = { readonly record: Submission; readonly of: Submitted; readonly at: number }

const RECORDED: SubmitOutcome = { status: 'recorded' }
const GONE: SubmitOutcome = { status: 'gone' }

/** Group commit: while one batch of a partition is being committed, the next one fills. */
export function createAppender(options: AppenderOptions): Appender {
  const limits = { ...LIMITS, bytesMax: options.journal.batchBytesMax, ...options.limits }
  const turns = createCommitTurns({
    atOnce: limits.commitsAtOnce,
    waitMaxMs: limits.commitWaitMaxMs,
    sleep: options.sleep,
  })
  const queues = new Map<Partition, Queue>()
  let closed = false

  type Queue = { waiting: Waiting[]; bytes: number; running: Promise<void> | undefined }

  function queueOf(partition: Partition): Queue {
    const found = queues.get(partition)
    if (found) return found
    const made: Queue = { waiting: [], bytes: 0, running: undefined }
    queues.set(partition, made)
    return made
  }

  async function run(partition: Partition, queue: Queue): Promise<void> {
    // What is submitted in the same turn shares the first batch.
    await Promise.resolve()
    while (queue.waiting.length > 0) {
      await turns.enter()
      await commit(options, limits, partition, takeBatch(queue)).finally(turns.leave)
    }
    queue.running = undefined
  }

  function takeBatch(queue: Queue): Waiting[] {
    let bytes = 0
    let count = 0
    for (const { record } of queue.waiting) {
      if (count === limits.recordsMax || (count > 0 && bytes + record.bytes.length > limits.bytesMax)) break
      bytes += record.bytes.length
      count++
    }
    queue.bytes -= bytes
    return queue.waiting.splice(0, count)
  }

  /** Why the record cannot wait for its commit. */
  function refusal(queue: Queue, record: Submission, signal: AbortSignal | undefined): SubmitOutcome | undefined {
    if (closed) return { status: 'unavailable', reason: 'shutting down' }
    if (signal?.aborted) return { status: 'unavailable', reason: 'the caller went away' }
    return queue.bytes + record.bytes.length > limits.waitingBytesMax ? { status: 'overloaded' } : undefined
  }

  function take(record: Submission, of: Submitted, at: number, signal: AbortSignal | undefined): void {
    const partition = partitionOf(record.roomId, options.journal.partitions)
    const queue = queueOf(partition)
    const refused = refusal(queue, record, signal)
    if (refused) {
      of.settle(at, refused)
      return
    }
    queue.waiting.push({ record, of, at })
    queue.bytes += record.bytes.length
    queue.running ??= run(partition, queue)
  }

  return {
    submit(record, { signal } = {}) {
      return new Promise((resolve) => take(record, { settle: (_, outcome) => resolve(outcome) }, 0, signal))
    },
    submitAll(records, { signal } = {}) {
      if (records.length === 0) return Promise.resolve([])
      return new Promise((resolve) => {
        const outcomes = new Array<SubmitOutcome>(records.length)
        let open = records.length
        const settle = (at: number, outcome: SubmitOutcome) => {
          outcomes[at] = outcome
          open -= 1
          if (open === 0) resolve(outcomes)
        }
        const together = { settle }
        for (const [at, record] of records.entries()) take(record, together, at, signal)
      })
    },
    async close() {
      closed = true
      await Promise.all([...queues.values()].map((queue) => queue.running))
    },
  }
}

/** Takes one batch to the end: resolve, append, and again while destinations change or the outcome is unknown. */
async function commit(
  options: AppenderOptions,
  limits: AppenderLimits,
  partition: Partition,
  batch: readonly Waiting[],
): Promise<void> {
  const appendId = toAppendId(options.randomUUID())
  const deadlineMs = options.nowMs() + limits.giveUpAfterMs
  const settleAll = (outcome: SubmitOutcome) => {
    for (const { of, at } of batch) of.settle(at, outcome)
  }
  for (let atLeast = 0; ; ) {
    const routed = await route(options, batch, atLeast)
    if (routed.status === 'unavailable') return settleAll(routed)
    const outcome = await appendRouted(options, limits, { partition, appendId, ...routed }, deadlineMs)
    if (outcome.status === 'appended') {
      for (const item of batch) item.of.settle(item.at, routed.gone.has(item) ? GONE : RECORDED)
      return
    }
    if (outcome.status !== 'stale') return settleAll(outcome)
    // Whatever was sent names a version that is over: it is not there and can never land any more.
    atLeast = outcome.configVersion
    if (options.nowMs() >= deadlineMs) {
      return settleAll({ status: 'unavailable', reason: 'logging configurations change too fast' })
    }
  }
}

type Routed = {
  readonly status: 'routed'
  readonly configVersion: number
  readonly records: readonly NewRecord[]
  /** Whose room does not exist at `configVersion`. */
  readonly gone: ReadonlySet<Waiting>
}

async function route(
  { routes }: AppenderOptions,
  batch: readonly Waiting[],
  atLeast: number,
): Promise<Routed | { readonly status: 'unavailable'; readonly reason: string }> {
  const roomIds = [...new Set(batch.map(({ record }) => record.roomId))]
  try {
    const { configVersion, destinations } = await routes.resolve(roomIds, { atLeast })
    const records: NewRecord[] = []
    const gone = new Set<Waiting>()
    for (const item of batch) {
      const { roomId, id, timeMs, bytes } = item.record
      const to = destinations.get(roomId)
      if (!to) gone.add(item)
      else if (to.length > 0) records.push({ roomId, id, timeMs, destinations: to, bytes })
    }
    return { status: 'routed', configVersion, records, gone }
  } catch (error) {
    return { status: 'unavailable', reason: reasonOf(error) }
  }
}

/**
 * Asks for the very same append until its outcome is known. Rooms are not resolved again in between: the first try may
 * have landed as it was sent, and the answers must be about that.
 */
async function appendRouted(
  options: AppenderOptions,
  limits: AppenderLimits,
  request: AppendRequest,
  deadlineMs: number,
): Promise<AppendOutcome> {
  if (request.records.length === 0) return checkVersion(options.journal, request)
  let unknown: AppendOutcome | undefined
  for (;;) {
    const outcome = await options.journal.append(request)
    if (outcome.status === 'appended' || outcome.status === 'stale') return outcome
    // That this try left nothing says nothing about the one before.
    if (outcome.status === 'unavailable' && !unknown) return outcome
    unknown = outcome.status === 'unknown' ? outcome : unknown
    if (options.nowMs() >= deadlineMs) return unknown ?? outcome
    await options.sleep(limits.retryAfterMs)
  }
}

/** Nothing to keep, at the version in force, is as good as appended. */
async function checkVersion(journal: Journal, { partition, configVersion }: AppendRequest): Promise<AppendOutcome> {
  try {
    const current = await journal.configVersion(partition)
    if (current === configVersion) return { status: 'appended', firstPosition: NOWHERE }
    return { status: 'stale', configVersion: current }
  } catch (error) {
    return { status: 'unavailable', reason: reasonOf(error) }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
