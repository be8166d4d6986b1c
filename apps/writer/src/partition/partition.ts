import type { DestinationVersionId } from '@roomlog/domain'
import {
  type Head,
  type HeldLease,
  type Journal,
  type JournalBatch,
  type Progress as Loaded,
  toPosition,
} from '@roomlog/journal'
import { type AlarmClock, createAlarmClock } from '../alarm-clock.ts'
import type { Clock } from '../clock.ts'
import { isOpen, type Mark } from '../lane/cycle.ts'
import type { Destination } from '../lane/destination.ts'
import type { Lane } from '../lane/lane.ts'
import type { Log } from '../log.ts'
import type { Pins } from '../pins.ts'
import type { Reports } from '../reports.ts'
import { Lanes } from './lanes.ts'
import { Progress } from './progress.ts'
import { pump } from './pump.ts'
import { Reads } from './reads.ts'
import { Turn, type Turns } from './turns.ts'

export type PartitionOptions = {
  readonly journal: Journal
  readonly lease: HeldLease
  readonly loaded: Loaded
  readonly destinations: {
    /** `abandoned`: its records are not delivered any more. */
    get(id: DestinationVersionId): Promise<Destination | 'abandoned'>
  }
  readonly clock: Clock
  readonly random: () => number
  readonly pins: Pins
  readonly log: Log
  readonly reports: Reports
  readonly readBytesMax: number
  readonly catchUpRecords: number
  /** Lanes of all partitions, for their share of the buffers. */
  readonly laneCount: () => number
  /** Runs at most a few reads at once, over all partitions. */
  readonly limitedRead: <T>(task: () => Promise<T>) => Promise<T>
  readonly turns: Turns
}

export type PartitionEnd =
  | 'stopped'
  /** The next batch is for a later version of the writer: this one can only leave. */
  | 'unreadable'
  /** The lease is another writer's. */
  | 'lost'
  /** What is in memory does not fit the journal any more, or something failed: begin again from what is stored. */
  | 'reload'

/** What is in memory counts no more. */
function isSudden(end: PartitionEnd): boolean {
  return end === 'lost' || end === 'reload'
}

/** What a lane that nobody had before inherits. */
const NO_INTENT = { intent: undefined, quietForMs: 0 }

/** Works one partition while its lease holds: reads the journal once for all lanes that stand at the same place. */
export class PartitionWorker {
  readonly lease: HeldLease
  readonly #options: PartitionOptions
  readonly #lanes: Lanes
  readonly #progress: Progress
  readonly #reads: Reads
  readonly #alarm: AlarmClock
  readonly #stopping = new AbortController()
  readonly #killed = new AbortController()
  #frontier: Mark
  #head: Head
  #leaseUntilMs: number
  #end: PartitionEnd = 'stopped'

  constructor(options: PartitionOptions, leaseUntilMs: number) {
    const { loaded, clock, journal, random, log } = options
    this.#options = options
    this.lease = options.lease
    this.#leaseUntilMs = leaseUntilMs
    this.#alarm = createAlarmClock(clock)
    this.#frontier = { position: loaded.dispatched, appendId: loaded.dispatchedAppendId }
    this.#head = { head: loaded.dispatched, appendId: loaded.dispatchedAppendId }
    const { pins, laneCount, readBytesMax, catchUpRecords } = options
    const { partition } = this.lease
    const bytesMax = () => pins.laneBytes(laneCount())
    const frontier = () => this.#frontier
    this.#lanes = new Lanes({
      reports: options.reports,
      clock,
      random,
      pins,
      bytesMax,
      frontier,
      leaseValidForMs: () => this.#leaseUntilMs - clock.monotonicMs(),
      freshHead: async () => (await journal.heads([partition])).get(partition)?.head ?? this.#head.head,
      save: () => this.#progress.save(),
      hasRow: (id) => this.#progress.hasRow(id),
      stopping: this.#stopping.signal,
      onChange: () => this.#alarm.wake(),
      onFailure: (error) => this.#fail(error),
    })
    const lanes = this.#lanes.all
    this.#reads = new Reads({ lanes, clock, pins, readBytesMax, laneBytesMax: bytesMax, catchUpRecords })
    this.#progress = new Progress({
      journal,
      lease: this.lease,
      lanes,
      frontier,
      revision: loaded.revision,
      rows: new Map(
        loaded.lanes.map((lane) => [
          lane.destinationVersionId,
          { ...lane, sending: !isOpen(lane), state: 'flowing', lastError: undefined, nextProbeAtMs: undefined },
        ]),
      ),
      clock,
      random,
      killed: this.#killed.signal,
      log,
      onClosed: (id) => this.#lanes.closed(id),
      onLost: () => this.#finish('lost'),
    })
  }

  get lanes(): ReadonlyMap<DestinationVersionId, Lane> {
    return this.#lanes.all
  }

  /** Works until it is told to stop or cannot go on; everything in memory is let go. */
  async run(): Promise<PartitionEnd> {
    const { journal, clock, pins, limitedRead, turns, log } = this.#options
    const turn = new Turn(turns, this.#stopping.signal)
    try {
      const { lanes } = this.#options.loaded
      const found = await this.#lookUp(lanes.map((lane) => lane.destinationVersionId))
      // In one turn: a row whose lane is not there counts as closed in whatever is written next.
      for (const { destinationVersionId, checkpoint, checkpointAppendId, ...rest } of lanes) {
        const destination = found.get(destinationVersionId)
        if (destination) this.#lanes.open(destination, { position: checkpoint, appendId: checkpointAppendId }, rest)
      }
      const ended = await pump(
        { journal, partition: this.lease.partition, clock, pins, limitedRead, log, turn, alarm: this.#alarm },
        {
          next: (full) => (full ? this.#reads.must() : this.#reads.next(this.#frontier, this.#head.head)),
          offer: (batches) => this.#offer(batches),
          settled: () => this.#lanes.settled(),
        },
        this.#stopping.signal,
      )
      if (ended === 'moved') this.#finish('reload')
      if (ended === 'unreadable') this.#finish('unreadable')
    } catch (error) {
      this.#fail(error)
    } finally {
      turn.end()
    }
    await this.#lanes.ended()
    if (!isSudden(this.#end) && !this.#killed.signal.aborted) await this.#progress.save()
    this.#killed.abort()
    return this.#end
  }

  /** Finishes the open cycles and cuts no more; past the deadline of `killed` drops them. */
  stop(): void {
    this.#finish('stopped')
  }

  kill(): void {
    this.#finish('stopped')
    this.#kill()
  }

  lose(): void {
    this.#finish('lost')
  }

  /** Of the progress that was written last. */
  get revision(): number {
    return this.#progress.revision
  }

  extended(leaseUntilMs: number): void {
    this.#leaseUntilMs = leaseUntilMs
  }

  /** The database was restored under us: what is stored is behind what was written. */
  reload(): void {
    this.#finish('reload')
  }

  /** Up to where the journal was read. */
  get frontier(): Mark {
    return this.#frontier
  }

  /** The partition's head, asked for when the frontier stood at `asked`: reads may have overtaken the answer. */
  see(head: Head, asked: Mark): void {
    const { position, appendId } = asked
    // Behind what was read, or another batch where it ended: the database was restored.
    if (head.head < position || (head.head === position && head.appendId !== appendId)) this.#finish('reload')
    if (head.head === this.#head.head) return
    this.#head = head
    this.#alarm.wake()
  }

  /** Its backlog was given up: drops the lane and its row. */
  abandon(id: DestinationVersionId): void {
    this.#lanes.abandon(id)
  }

  wakeLanes(): void {
    this.#lanes.wake()
  }

  #finish(end: PartitionEnd): void {
    if (!this.#stopping.signal.aborted) this.#end = end
    this.#stopping.abort()
    this.#lanes.stop()
    if (isSudden(end)) {
      this.#end = end
      this.#kill()
    }
    this.#alarm.wake()
  }

  #kill(): void {
    this.#killed.abort()
    this.#lanes.kill()
  }

  #fail(error: unknown): void {
    const { log } = this.#options
    log.error(
      { event: 'partition.failed', partition: this.lease.partition, err: error },
      'A partition failed; it begins again.',
    )
    this.#finish('reload')
  }

  async #offer(batches: readonly JournalBatch[]): Promise<void> {
    const isNew = (batch: JournalBatch) => batch.firstPosition > this.#frontier.position
    const ids = batches.filter(isNew).flatMap(({ counts }) => [...counts.keys()])
    const found = await this.#lookUp(new Set(ids))
    if (this.#stopping.signal.aborted) return
    const { pins } = this.#options
    // In one turn from here on: an idle lane may be swept away at any time before it has its batch, and a lane that is due
    // at once cuts all that was read, not the first batch. Room for all of it was made before it was read.
    const ready = new Set([...this.lanes.values()].filter((lane) => lane.flows && lane.wants()))
    for (const batch of batches) {
      const before = toPosition(batch.firstPosition - 1)
      const atFrontier = this.#frontier.position === before
      // Held meanwhile, so that it is released here if no lane takes it.
      pins.hold(batch.memory)
      for (const id of atFrontier ? batch.counts.keys() : []) {
        const destination = found.get(id)
        if (destination && !this.lanes.has(id)) ready.add(this.#lanes.open(destination, this.#frontier, NO_INTENT))
      }
      for (const lane of this.lanes.values()) {
        if (lane.next.position === before && (ready.has(lane) || lane.wants())) lane.accept(batch)
      }
      pins.release(batch.memory)
      if (atFrontier) this.#frontier = { position: batch.lastPosition, appendId: batch.appendId }
    }
    this.#lanes.sweep()
    if (pins.tight()) this.#lanes.wake()
  }

  /** Also of lanes that are there: they may be gone by the time the others are found. */
  async #lookUp(ids: Iterable<DestinationVersionId>): Promise<ReadonlyMap<DestinationVersionId, Destination>> {
    const found = new Map<DestinationVersionId, Destination>()
    for (const id of ids) {
      const destination = await this.#options.destinations.get(id)
      if (destination !== 'abandoned') found.set(id, destination)
    }
    return found
  }
}
