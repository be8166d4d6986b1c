import type { DestinationVersionId } from '@roomlog/domain'
import type { Head, HeldLease, Journal, JournalBatch, Position, Progress } from '@roomlog/journal'
import { type AlarmClock, createAlarmClock } from '../alarm-clock.ts'
import { type Backoff, backoffMs } from '../backoff.ts'
import { type Clock, sleep } from '../clock.ts'
import type { Destination } from '../lane/destination.ts'
import type { Home, Lane } from '../lane/lane.ts'
import type { Mark } from '../lane/mark.ts'
import type { Log } from '../log.ts'
import type { Pins } from '../pins.ts'
import type { Reports } from '../reports.ts'
import { Incidents } from './incidents.ts'
import { collect, rowsOf } from './progress.ts'
import { Reads } from './reads.ts'
import type { Turns } from './turns.ts'

/** What the partitions of a writer share. */
export type PartitionContext = {
  readonly journal: Journal
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

export type PartitionEnd =
  | 'stopped'
  /** The next batch is for a later version of the writer: this one can only leave. */
  | 'unreadable'
  /** The lease is another writer's. */
  | 'lost'
  /** What is in memory does not fit the journal any more, or something failed: begin again from what is stored. */
  | 'reload'

const RETRY: Backoff = { firstMs: 100, maxMs: 2_000 }

/**
 * A partition while this writer holds its lease: up to where it was read, its lanes, and what the journal holds of both. What
 * is done with it, in which order, is told by pipeline.ts.
 */
export class Partition implements Home {
  readonly context: PartitionContext
  readonly lease: HeldLease
  /** What the writer before has left. */
  readonly loaded: Progress
  readonly incidents: Incidents
  readonly reads: Reads
  /** Woken when there may be more to read, or somebody to read for. */
  readonly alarm: AlarmClock
  readonly clock: Clock
  readonly random: () => number
  readonly pins: Pins
  readonly #lanes = new Map<DestinationVersionId, Lane>()
  readonly #running = new Set<Promise<void>>()
  readonly #stopping = new AbortController()
  readonly #killed = new AbortController()
  readonly #takenAtMs: number
  readonly #rows: ReturnType<typeof rowsOf>
  #frontier: Mark
  #head: Head
  #leaseUntilMs: number
  #end: PartitionEnd = 'stopped'
  #revision: number
  #isLost = false
  #writing: Promise<boolean> | undefined
  #queued: Promise<boolean> | undefined

  constructor(context: PartitionContext, lease: HeldLease, loaded: Progress, leaseUntilMs: number) {
    const { clock, pins, journal, log, random, readBytesMax, catchUpRecords, told } = context
    this.context = context
    this.lease = lease
    this.loaded = loaded
    this.clock = clock
    this.random = random
    this.pins = pins
    this.alarm = createAlarmClock(clock)
    this.#takenAtMs = clock.monotonicMs()
    this.#leaseUntilMs = leaseUntilMs
    this.#frontier = { position: loaded.dispatched, appendId: loaded.dispatchedAppendId }
    this.#head = { head: loaded.dispatched, appendId: loaded.dispatchedAppendId }
    this.#revision = loaded.revision
    this.#rows = rowsOf(loaded)
    this.incidents = new Incidents({ journal, lease, clock, random, log, told, reported: loaded.troubleAt })
    this.reads = new Reads({
      lanes: this.#lanes,
      clock,
      pins,
      readBytesMax,
      catchUpRecords,
      laneBytesMax: () => this.bytesMax(),
      mayRead: (at) => this.incidents.mayRead(at),
    })
  }

  get lanes(): ReadonlyMap<DestinationVersionId, Lane> {
    return this.#lanes
  }

  /** Up to where every batch was offered to its lanes. */
  get frontier(): Mark {
    return this.#frontier
  }

  get head(): Position {
    return this.#head.head
  }

  /** The revision of the progress that was written last for sure. */
  get revision(): number {
    return this.#revision
  }

  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  get end(): PartitionEnd {
    return this.#end
  }

  /** Whether what is in memory counts no more. */
  get isVoid(): boolean {
    return this.#killed.signal.aborted
  }

  extended(leaseUntilMs: number): void {
    this.#leaseUntilMs = leaseUntilMs
  }

  /** The head, asked for when the frontier stood at `asked`: reads may have overtaken the answer. */
  see(head: Head, asked: Mark): void {
    const { position, appendId } = asked
    // Behind what was read, or another batch where it ended: the database was restored.
    if (head.head < position || (head.head === position && head.appendId !== appendId)) this.finish('reload')
    if (head.head === this.#head.head) return
    this.#head = head
    this.alarm.wake()
  }

  /** The batch was offered to all lanes. */
  passed({ lastPosition, appendId }: JournalBatch): void {
    this.#frontier = { position: lastPosition, appendId }
  }

  // What ends it. The first reason stands, unless a later one makes what is in memory void.

  /** Finishes the open cycles and cuts no more. */
  finish(end: PartitionEnd): void {
    if (!this.stopping.aborted) this.#end = end
    this.#stopping.abort()
    for (const lane of this.#lanes.values()) lane.stop()
    if (end === 'lost' || end === 'reload') {
      this.#end = end
      this.#drop()
    }
    this.alarm.wake()
  }

  /** Drops what is in flight. */
  kill(): void {
    this.finish('stopped')
    this.#drop()
  }

  /** Something else has changed what is stored: the database was restored, or a batch was given up or set aside. */
  reload(): void {
    this.finish('reload')
  }

  fail(err: unknown): void {
    const { partition } = this.lease
    this.context.log.error({ event: 'partition.failed', partition, err }, 'A partition failed; it begins again.')
    this.finish('reload')
  }

  #drop(): void {
    this.#killed.abort()
    for (const lane of this.#lanes.values()) lane.kill()
  }

  /** Writes what the lanes have left, if it counts, once none of them runs any more. */
  async close(): Promise<void> {
    await Promise.all(this.#running)
    if (!this.isVoid) await this.save()
    this.#killed.abort()
  }

  // Lanes: there from the first record that is addressed to them until all of theirs are settled.

  /** A lane that was just made, and what it runs as. */
  add(lane: Lane, run: () => Promise<void>): void {
    const { id } = lane.destination.version
    this.#lanes.set(id, lane)
    if (this.stopping.aborted) lane.stop()
    const running: Promise<void> = run()
      .then(() => {
        if (this.#lanes.get(id) === lane && !this.stopping.aborted) throw new Error('a lane ended by itself')
      })
      .catch((error) => this.fail(error))
      .finally(() => {
        this.#running.delete(running)
        lane.report.end()
      })
    this.#running.add(running)
  }

  wakeLanes(): void {
    for (const lane of this.#lanes.values()) lane.wake()
    this.alarm.wake()
  }

  /** Its backlog was given up: drops the lane and its row. */
  abandon(id: DestinationVersionId): void {
    const lane = this.#lanes.get(id)
    if (!lane) return
    lane.kill()
    this.#lanes.delete(id)
    void this.save()
    this.wakeLanes()
  }

  /** Whether each lane is settled up to the frontier. */
  get isSettled(): boolean {
    return [...this.#lanes.values()].every((lane) => lane.settledTo(this.#frontier.position))
  }

  /** Lanes that are settled and have no row simply go; those with a row go with the next write. */
  sweep(): void {
    for (const [id, lane] of this.#lanes) {
      if (!lane.settledTo(this.#frontier.position)) continue
      if (this.#rows.has(id) || lane.tally.pending) void this.save()
      else this.#retire(id, lane)
    }
  }

  #retire(id: DestinationVersionId, lane: Lane): void {
    lane.stop()
    this.#lanes.delete(id)
    this.wakeLanes()
  }

  // What lanes ask of it.

  bytesMax(): number {
    return this.pins.laneBytes(this.context.laneCount())
  }

  changed(): void {
    this.sweep()
    this.alarm.wake()
  }

  /** A later version with the same target starts only after the earlier one has drained here, or order would break. */
  isBlocked(one: Destination): boolean {
    const { loggingConfigurationId, kind, target } = one.version
    return [...this.#lanes.values()].some(({ destination }) => {
      const other = destination.version
      const isSame =
        other.loggingConfigurationId === loggingConfigurationId && other.kind === kind && other.target === target
      return isSame && isEarlier(destination, one)
    })
  }

  leaseValidForMs(): number {
    return this.#leaseUntilMs - this.clock.monotonicMs()
  }

  heldForMs(): number {
    return this.clock.monotonicMs() - this.#takenAtMs
  }

  async freshHead(): Promise<Position> {
    const { partition } = this.lease
    return (await this.context.journal.heads([partition])).get(partition)?.head ?? this.head
  }

  // Progress: one write at a time. What lanes ask for meanwhile goes into the next one.

  save(): Promise<boolean> {
    if (this.#queued) return this.#queued
    const queued = (async () => {
      await this.#writing
      this.#queued = undefined
      this.#writing = this.#write()
      return this.#writing
    })()
    this.#queued = queued
    return queued
  }

  async #write(): Promise<boolean> {
    if (this.#isLost) return false
    const { journal, log } = this.context
    const { partition } = this.lease
    const { change, told } = collect(this.#lanes, this.#rows, { revision: this.#revision, frontier: this.#frontier })
    for (let attempt = 1; !this.isVoid; attempt++) {
      try {
        if ((await journal.settle(this.lease, change)) === 'lost') {
          this.#isLost = true
          this.finish('lost')
          return false
        }
        this.#revision = change.revision + 1
        for (const row of change.lanes) this.#rows.set(row.destinationVersionId, row)
        for (const id of change.closed) this.#closed(id)
        for (const tell of told) tell()
        return true
      } catch (err) {
        log.warn({ event: 'progress.failed', partition, err }, 'Progress could not be written; trying again.')
        await sleep(this.clock, backoffMs(RETRY, attempt, this.random), this.#killed.signal)
      }
    }
    return false
  }

  /** The row of a settled lane is gone. */
  #closed(id: DestinationVersionId): void {
    this.#rows.delete(id)
    const lane = this.#lanes.get(id)
    // It may have taken new records while its row was being deleted: those are above `dispatched`.
    if (!lane?.settledTo(this.#frontier.position)) return
    // Or settled them too: what it has counted, and its dead letters, are still to be written.
    if (lane.tally.pending) void this.save()
    else this.#retire(id, lane)
  }
}

/** Ids are drawn at random; those that earlier versions counted up tell two of one moment apart. */
function isEarlier(a: Destination, b: Destination): boolean {
  return a.madeAtMs < b.madeAtMs || (a.madeAtMs === b.madeAtMs && a.version.id < b.version.id)
}
