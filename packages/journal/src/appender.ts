import { commit, type Routes } from './commit.ts'
import { createCommitTurns } from './commit-turns.ts'
import { partitionOf } from './partition.ts'
import type { Journal, Partition } from './port.ts'
import { createRepeats } from './repeats.ts'
import type { Submission, SubmitOutcome, Submitted, Waiting } from './submission.ts'

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
   * Resolves once the record's fate is known. Records of a room are journaled in the order of the calls; one with a key takes
   * its place once the key was read. What was taken is journaled though its caller goes away; a caller that is gone already
   * (`signal`) is refused.
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

  /** Whether the record may wait for its commit; else it is answered. */
  function admit(queue: Queue, { record, of, at }: Waiting, signal: AbortSignal | undefined): boolean {
    const refused = refusal(queue, record, signal)
    if (refused) of.settle(at, refused)
    else queue.bytes += record.bytes.length
    return refused === undefined
  }

  function join(partition: Partition, queue: Queue, item: Waiting): void {
    queue.waiting.push(item)
    queue.running ??= run(partition, queue)
  }

  const partitionFor = ({ roomId }: Submission) => partitionOf(roomId, options.journal.partitions)

  const repeats = createRepeats({
    journal: options.journal,
    nowMs: options.nowMs,
    waitMaxMs: limits.giveUpAfterMs,
    join: (item) => {
      const partition = partitionFor(item.record)
      join(partition, queueOf(partition), item)
    },
    leave: ({ record, of, at }, outcome) => {
      queueOf(partitionFor(record)).bytes -= record.bytes.length
      of.settle(at, outcome)
    },
  })

  function take(item: Waiting, signal: AbortSignal | undefined): void {
    const partition = partitionFor(item.record)
    const queue = queueOf(partition)
    if (!admit(queue, item, signal)) return
    if (item.record.once === undefined) join(partition, queue, item)
    else repeats.take([item])
  }

  function takeAll(records: readonly Submission[], of: Submitted, signal: AbortSignal | undefined): void {
    const items = records.map((record, at): Waiting => ({ record, of, at }))
    // Those without a key wait with the others, so that all stand in the order of the call.
    if (records.some(({ once }) => once !== undefined)) {
      repeats.take(items.filter((item) => admit(queueOf(partitionFor(item.record)), item, signal)))
    } else for (const item of items) take(item, signal)
  }

  return {
    submit(record, { signal } = {}) {
      return new Promise((resolve) => take({ record, of: { settle: (_, outcome) => resolve(outcome) }, at: 0 }, signal))
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
        takeAll(records, { settle }, signal)
      })
    },
    async close() {
      closed = true
      await repeats.settled()
      await Promise.all([...queues.values()].map((queue) => queue.running))
    },
  }
}
