import type { DestinationVersionId } from '@roomlog/domain'
import type { Fault, Head, HeldLease, Journal, JournalBatch, Progress as Loaded, Position } from '@roomlog/journal'
import { type AlarmClock, createAlarmClock } from '../alarm-clock.ts'
import type { Clock } from '../clock.ts'
import type { Destination } from '../lane/destination.ts'
import { isNext, type Lane } from '../lane/lane.ts'
import { isOpen, type Mark } from '../lane/mark.ts'
import type { Log } from '../log.ts'
import type { Pins } from '../pins.ts'
import type { Reports } from '../reports.ts'
import { type Incident, Incidents } from './incidents.ts'
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
  /** Which incidents this process has written about. */
  readonly told: Set<string>
}

/** More than the longest flush window: what came before a batch that this version cannot read is given time to settle. */
const UNREADABLE_HOLD_MAX_MS = 6 * 60_000

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
  readonly #incidents: Incidents
  readonly #alarm: AlarmClock
  readonly #stopping = new AbortController()
  readonly #killed = new AbortController()
  #frontier: Mark
  #head: Head
  #leaseUntilMs: number
  #end: PartitionEnd = 'stopped'
  /** Of the trouble that the database tells of. */
  #reported: Position | undefined
  #clearing = false

  constructor(options: PartitionOptions, leaseUntilMs: number) {
    const { loaded, clock, journal, random, log } = options
    this.#options = options
    this.lease = options.lease
    this.#leaseUntilMs = leaseUntilMs
    this.#reported = loaded.troubleAt
    const takenAtMs = clock.monotonicMs()
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
      heldForMs: () => clock.monotonicMs() - takenAtMs,
      freshHead: () => this.#freshHead(),
      save: () => this.#progress.save(),
      hasRow: (id) => this.#progress.hasRow(id),
      stopping: this.#stopping.signal,
      onChange: () => this.#alarm.wake(),
      onFailure: (error) => this.#fail(error),
    })
    const lanes = this.#lanes.all
    this.#incidents = new Incidents({ partition, clock, random, log, told: options.told })
    const mayRead = (at: Position) => this.#incidents.mayRead(at)
    this.#reads = new Reads({ lanes, clock, pins, readBytesMax, laneBytesMax: bytesMax, catchUpRecords, mayRead })
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
          next: (full) => {
            this.#review()
            return full ? this.#reads.must() : this.#reads.next(this.#frontier, this.#head.head)
          },
          offer: (batches) => this.#offer(batches),
          blocked: (at, fault) => this.#blocked(at, fault),
          leaves: () => this.#leaves(),
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

  /** What cannot be read. */
  get incidents(): readonly Incident[] {
    return this.#incidents.all
  }

  /** Of the progress that was written last. */
  get revision(): number {
    return this.#progress.revision
  }

  extended(leaseUntilMs: number): void {
    this.#leaseUntilMs = leaseUntilMs
  }

  /** Something else has changed what is stored: the database was restored, or a batch was given up or set aside. */
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

  async #freshHead(): Promise<Position> {
    const { partition } = this.lease
    return (await this.#options.journal.heads([partition])).get(partition)?.head ?? this.#head.head
  }

  async #blocked(at: Position, fault: Fault): Promise<void> {
    const { journal, pins } = this.#options
    this.#incidents.met(at, fault)
    // What reads beyond the limit of memory until it has its cycle would keep others from it for as long as this lasts.
    for (const lane of this.lanes.values()) if (lane.next.position === at) pins.settle(lane)
    const [first] = this.#incidents.all
    if (first === undefined || first.position === this.#reported) return
    await journal.report(this.lease, { position: first.position, words: first.words })
    this.#reported = first.position
  }

  /** Ends incidents before which nobody stands, and what the database tells of one that all have passed. */
  #review(): void {
    const readers = [this.#frontier.position, ...[...this.lanes.values()].map((lane) => lane.next.position)]
    this.#incidents.review((at) => readers.includes(at))
    const reported = this.#reported
    const isOver = reported !== undefined && this.#incidents.all.length === 0 && Math.min(...readers) >= reported
    if (!isOver || this.#clearing) return
    const { journal, log } = this.#options
    this.#clearing = true
    journal
      .report(this.lease, undefined)
      .then(() => {
        this.#reported = undefined
      })
      .catch((err: unknown) => {
        log.warn({ event: 'journal.report.failed', partition: this.lease.partition, err }, 'Trying again.')
      })
      .finally(() => {
        this.#clearing = false
      })
  }

  #leaves(): boolean {
    const forMs = this.#incidents.unreadableForMs()
    return forMs !== undefined && (this.#lanes.settled() || forMs > UNREADABLE_HOLD_MAX_MS)
  }

  async #offer(batches: readonly JournalBatch[]): Promise<void> {
    // Set aside since the partition was taken: what was read before may be the batch as it was, and be on its way.
    if (batches.some((batch) => (batch.setAsideRevision ?? 0) > this.#options.loaded.revision)) return this.reload()
    const isTombstone = (batch: JournalBatch) => batch.setAsideRevision !== undefined
    const head = batches.some(isTombstone) ? await this.#freshHead() : this.#head.head
    const isNew = (batch: JournalBatch) => batch.lastPosition > this.#frontier.position
    const ids = batches.filter(isNew).flatMap(({ counts }) => [...counts.keys()])
    const found = await this.#lookUp(new Set(ids))
    if (this.#stopping.signal.aborted) return
    const { pins } = this.#options
    // In one turn from here on: an idle lane may be swept away at any time before it has its batch, and a lane that is due
    // at once cuts all that was read, not the first batch. Room for all of it was made before it was read.
    const ready = new Set([...this.lanes.values()].filter((lane) => lane.flows && lane.wants()))
    for (const batch of batches) {
      const atFrontier = isNext(batch, this.#frontier.position)
      for (const id of atFrontier ? batch.counts.keys() : []) {
        const destination = found.get(id)
        if (destination && !this.lanes.has(id)) ready.add(this.#lanes.open(destination, this.#frontier, NO_INTENT))
      }
      for (const lane of this.lanes.values()) {
        if (isNext(batch, lane.next.position) && (ready.has(lane) || lane.wants())) lane.accept(batch, head)
      }
      if (atFrontier) this.#frontier = { position: batch.lastPosition, appendId: batch.appendId }
    }
    this.#lanes.sweep()
    // Nobody may have had anything to settle in it.
    if (batches.some(isTombstone)) void this.#progress.save()
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
