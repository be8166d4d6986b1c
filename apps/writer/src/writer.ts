import type { DestinationVersionId } from '@roomlog/domain'
import { type Journal, type Partition, type Roll, toLeaseToken } from '@roomlog/journal'
import pLimit from 'p-limit'
import { type Clock, sleep } from './clock.ts'
import type { Destinations } from './destinations.ts'
import type { Log } from './log.ts'
import type { Incident } from './partition/incidents.ts'
import type { PartitionContext, Partition as Work } from './partition/partition.ts'
import { createTurns } from './partition/turns.ts'
import { createPins } from './pins.ts'
import { claimPartition, releasePartition, workPartition } from './pipeline.ts'
import { createReports, type Reported } from './reports.ts'

export type WriterSettings = {
  /** Unique among the writers alive. */
  readonly writerId: string
  readonly leaseMs: number
  /** How often leases are extended and evened out. */
  readonly rollEveryMs: number
  /** How often heads are read while there is traffic, and while there is none. */
  readonly pollEveryMs: number
  readonly pollIdleEveryMs: number
  /** Record bytes in memory, over all lanes. */
  readonly bufferBytesMax: number
  /** Batches below this size are copied together, so that many small ones take no more memory than their records. */
  readonly wholeBytesMin: number
  readonly readBytesMax: number
  readonly readsMax: number
  /** A partition that has at least as much to read is catching up, in turn with others. */
  readonly catchUpRecords: number
  readonly turnsMax: number
}

export type WriterOptions = {
  readonly journal: Journal
  readonly destinations: Destinations
  readonly clock: Clock
  readonly random: () => number
  /** Lower-case random UUIDs. */
  readonly randomUUID: () => string
  readonly log: Log
  readonly settings: WriterSettings
}

export type Writer = {
  /** Works until `stop`; rejects only on a bug. */
  run(): Promise<void>
  /** Finishes what is in flight, leaves open runs to the next writer and gives the leases back; drops the rest after `deadlineMs`. */
  stop(deadlineMs: number): Promise<void>
  /** Whether it can extend its leases: without them it may not deliver. */
  ready(): boolean
  /** What is wrong with the destinations that it works for. */
  troubles(): readonly Reported[]
  partitions(): readonly Work[]
  /** Batches of its partitions that cannot be read; what is behind them waits. */
  incidents(): readonly Incident[]
  /** Of the batches that lanes keep in memory. */
  bufferedBytes(): number
}

const BUSY_FOR_MS = 3_000
/** A partition that only a later version can read is left to one for so long. */
const LEFT_TO_LATER_MS = 30_000

/** Works its fair share of the journal's partitions. */
export function createWriter(options: WriterOptions): Writer {
  const { journal, destinations, clock, log, settings } = options
  const workers = new Map<Partition, { readonly worker: Work; readonly done: Promise<void> }>()
  /** Partitions that are left to later versions of the writer, until when and why. */
  const left = new Map<Partition, { readonly untilMs: number; readonly incidents: readonly Incident[] }>()
  const told = new Set<string>()
  const stopping = new AbortController()
  const readLimit = pLimit(settings.readsMax)
  const turns = createTurns(settings.turnsMax)
  const pins = createPins({ limitBytes: settings.bufferBytesMax, wholeBytesMin: settings.wholeBytesMin }, () => {
    for (const { worker } of workers.values()) worker.wakeLanes()
  })
  const reports = createReports({ clock, log })
  const context: PartitionContext = {
    journal,
    destinations,
    clock,
    random: options.random,
    pins,
    log,
    reports,
    readBytesMax: settings.readBytesMax,
    catchUpRecords: settings.catchUpRecords,
    laneCount,
    limitedRead: (task) => readLimit(task),
    turns,
    told,
  }
  let rolledAtMs: number | undefined
  let running: Promise<unknown> = Promise.resolve()

  async function rollLoop(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await roll()
        rolledAtMs = clock.monotonicMs()
      } catch (error) {
        rolledAtMs = undefined
        log.warn({ event: 'lease.roll.failed', err: error }, 'Leases could not be extended; trying again.')
      }
      await sleep(clock, settings.rollEveryMs, stopping.signal)
    }
  }

  async function roll(): Promise<void> {
    const { writerId, leaseMs: ttlMs } = settings
    const untilMs = clock.monotonicMs() + ttlMs
    const before = [...workers.values()].map(({ worker }) => ({ worker, revision: worker.revision }))
    const held = before.map(({ worker }) => worker.lease)
    const { renewed, free, writers, rank } = await journal.roll({ writerId, ttlMs, held })
    for (const { worker, revision } of before) {
      const still = renewed.find(({ partition }) => partition === worker.lease.partition)
      if (!still) worker.finish('lost')
      // Ahead of what this writer may have written itself, even if one answer is still on its way: a batch was set aside.
      else if (still.revision < revision || still.revision > worker.revision + 1) worker.reload()
      else worker.extended(untilMs)
    }
    const share = shareOf(journal.partitions, { writers, rank })
    const mine = [...workers.values()].map(({ worker }) => worker)
    for (const worker of mine.slice(share)) worker.finish('stopped')
    const wanted = free.filter((partition) => (left.get(partition)?.untilMs ?? 0) <= clock.monotonicMs())
    for (const partition of wanted.slice(0, Math.max(0, share - mine.length))) await take(partition)
    const found = await destinations.foundOf(activeLanes())
    for (const worker of mine) if (found.some((id) => worker.lanes.has(id))) worker.reload()
    const abandoned = await destinations.abandonedOf(activeLanes())
    for (const id of abandoned) for (const worker of mine) worker.abandon(id)
  }

  async function take(partition: Partition): Promise<void> {
    if (stopping.signal.aborted || workers.has(partition)) return
    const lease = { partition, token: toLeaseToken(options.randomUUID()) }
    const worker = await claimPartition(context, lease, settings)
    if (worker === undefined) return
    const done = workPartition(worker).then(async (end) => {
      workers.delete(partition)
      const incidents = worker.incidents.all
      if (end === 'unreadable') left.set(partition, { untilMs: clock.monotonicMs() + LEFT_TO_LATER_MS, incidents })
      log.info({ event: 'partition.left', partition, end }, 'Partition left.')
      // Either may be how a restored database shows.
      if (end === 'reload' || end === 'lost') destinations.doubt()
      if (end !== 'lost') await releasePartition(worker)
    })
    workers.set(partition, { worker, done })
    left.delete(partition)
    log.info({ event: 'partition.taken', partition, lanes: worker.loaded.lanes.length }, 'Partition taken.')
  }

  function laneCount(): number {
    let count = 0
    for (const { worker } of workers.values()) count += worker.lanes.size
    return count
  }

  function activeLanes(): DestinationVersionId[] {
    return [...workers.values()].flatMap(({ worker }) => [...worker.lanes.keys()])
  }

  async function headLoop(): Promise<void> {
    const seen = new Map<Partition, number>()
    let movedAtMs = clock.monotonicMs()
    while (!stopping.signal.aborted) {
      const asked = new Map([...workers].map(([partition, { worker }]) => [partition, { worker, at: worker.frontier }]))
      if (asked.size > 0) {
        try {
          for (const [partition, head] of await journal.heads([...asked.keys()])) {
            if (seen.get(partition) !== head.head) movedAtMs = clock.monotonicMs()
            seen.set(partition, head.head)
            const about = asked.get(partition)
            about?.worker.see(head, about.at)
          }
        } catch (error) {
          log.warn({ event: 'journal.heads.failed', err: error }, 'The heads could not be read; trying again.')
        }
      }
      const busy = clock.monotonicMs() - movedAtMs < BUSY_FOR_MS
      await sleep(clock, busy ? settings.pollEveryMs : settings.pollIdleEveryMs, stopping.signal)
    }
  }

  return {
    async run() {
      running = Promise.all([rollLoop(), headLoop()])
      await running
    },
    async stop(deadlineMs) {
      stopping.abort()
      await running
      const ends = [...workers.values()]
      for (const { worker } of ends) worker.finish('stopped')
      const done = new AbortController()
      const deadline = sleep(clock, deadlineMs, done.signal).then(() => {
        if (!done.signal.aborted) for (const { worker } of ends) worker.kill()
      })
      await Promise.all(ends.map((end) => end.done))
      done.abort()
      await deadline
      reports.close()
      await journal.signOut(settings.writerId)
    },
    // A database that does not answer at all ends no roll: by then the leases are over.
    ready: () => rolledAtMs !== undefined && clock.monotonicMs() - rolledAtMs < settings.leaseMs,
    troubles: () => reports.troubles(),
    partitions: () => [...workers.values()].map(({ worker }) => worker),
    incidents: () => [
      ...[...workers.values()].flatMap(({ worker }) => worker.incidents.all),
      ...[...left.values()].flatMap(({ untilMs, incidents }) => (untilMs > clock.monotonicMs() ? incidents : [])),
    ],
    bufferedBytes: pins.bytes,
  }
}

/** Even to one: the first writers take what is left over. */
function shareOf(partitions: number, { writers, rank }: Pick<Roll, 'writers' | 'rank'>): number {
  return Math.floor(partitions / writers) + (rank < partitions % writers ? 1 : 0)
}
