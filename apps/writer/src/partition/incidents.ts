import type { Fault, HeldLease, Journal, Partition, Position } from '@roomlog/journal'
import { type Backoff, backoffMs } from '../backoff.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'

const RETRY: Backoff = { firstMs: 2_000, maxMs: 60_000 }

/** A batch that cannot be read: its partition and first position, and in words what is wrong and what to do. */
export type Incident = {
  readonly partition: Partition
  readonly position: Position
  readonly status: Fault['status']
  readonly words: string
}

type Open = Incident & { readonly sinceMs: number; attempts: number; untilMs: number }

export type IncidentsOptions = {
  readonly journal: Pick<Journal, 'report'>
  readonly lease: HeldLease
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly random: () => number
  readonly log: Log
  /** What this process has written an error line about, and is not over. */
  readonly told: Set<string>
  /** Where the trouble is that the database tells of. */
  readonly reported: Position | undefined
}

/**
 * Where in a partition nobody can read on. Each is told once, and tried again with growing pauses, by whoever stands before
 * it: those who stand elsewhere go on. The database tells of the first one.
 */
export class Incidents {
  readonly #options: IncidentsOptions
  /** By where readers stand. */
  readonly #open = new Map<Position, Open>()
  #reported: Position | undefined
  #isClearing = false

  constructor(options: IncidentsOptions) {
    this.#options = options
    this.#reported = options.reported
  }

  /** In the order of their positions. */
  get all(): readonly Incident[] {
    return [...this.#open.values()].sort((a, b) => a.position - b.position)
  }

  /** What a read after `at` came to. */
  async met(at: Position, fault: Fault): Promise<void> {
    this.#note(at, fault)
    const [first] = this.all
    if (first === undefined || first.position === this.#reported) return
    const { journal, lease } = this.#options
    await journal.report(lease, { position: first.position, words: first.words })
    this.#reported = first.position
  }

  #note(at: Position, fault: Fault): void {
    const { clock, random, log, told } = this.#options
    const { partition } = this.#options.lease
    const nowMs = clock.monotonicMs()
    const before = this.#open.get(at)
    const attempts = (before?.attempts ?? 0) + 1
    const words = wordsFor(partition, fault)
    const { position, status } = fault
    const untilMs = nowMs + backoffMs(RETRY, attempts, random)
    this.#open.set(at, { partition, position, status, words, sinceMs: before?.sinceMs ?? nowMs, attempts, untilMs })
    const key = keyOf({ partition, position, status })
    if (told.has(key)) return
    told.add(key)
    log.error({ event: `journal.${status}`, partition, position }, words)
  }

  mayRead(at: Position): boolean {
    const open = this.#open.get(at)
    return open === undefined || open.untilMs <= this.#options.clock.monotonicMs()
  }

  /** Ends those before which nobody stands any more, and what the database tells of one that all `readers` have passed. */
  review(readers: readonly Position[]): void {
    for (const [at, open] of this.#open) {
      if (readers.includes(at)) continue
      this.#open.delete(at)
      this.#options.told.delete(keyOf(open))
      const { partition, position } = open
      this.#options.log.info({ event: 'journal.readable', partition, position }, 'The partition can be read on.')
    }
    const reported = this.#reported
    if (reported !== undefined && this.#open.size === 0 && Math.min(...readers) >= reported) this.#clear()
  }

  #clear(): void {
    if (this.#isClearing) return
    const { journal, lease, log } = this.#options
    this.#isClearing = true
    journal
      .report(lease, undefined)
      .then(() => {
        this.#reported = undefined
      })
      .catch((err: unknown) => {
        log.warn({ event: 'journal.report.failed', partition: lease.partition, err }, 'Trying again.')
      })
      .finally(() => {
        this.#isClearing = false
      })
  }

  /** For how long (ms) a later version's batch has been next; undefined if none is. */
  unreadableForMs(): number | undefined {
    const since = [...this.#open.values()].filter(({ status }) => status === 'unreadable').map(({ sinceMs }) => sinceMs)
    return since.length === 0 ? undefined : this.#options.clock.monotonicMs() - Math.min(...since)
  }
}

function keyOf({ partition, position, status }: Omit<Incident, 'words'>): string {
  return `${status} ${partition}/${position}`
}

function wordsFor(partition: Partition, fault: Fault): string {
  const place = `partition ${partition}, position ${fault.position}`
  if (fault.status === 'unreadable') {
    return `The journal's batch at ${place} has the newer format ${fault.format}. Deploy the newer writer.`
  }
  return (
    `The journal is damaged at ${place}: ${fault.reason}. What is behind it waits. Look after the database and its disks; ` +
    `if the row cannot be restored, "roomlog-journal set-aside --partition ${partition} --position ${fault.position}" ` +
    'gives up this batch alone.'
  )
}
