import type { DestinationKind, DestinationVersion, DestinationVersionId } from '@roomlog/domain'
import type { Clock } from './clock.ts'
import type { TroubleState } from './lane/trouble.ts'
import type { Log } from './log.ts'

/** How long buried records are gathered after a line about them, and how long they are shown as fresh. */
const BURIED_EVERY_MS = 60_000
const FRESH_MS = 3_600_000

/** Which destination a line is about. */
export type About = {
  readonly configuration: string
  readonly destination: string
  readonly kind: DestinationKind
  readonly destinationVersionId: DestinationVersionId
}

/** What is wrong now, for those who ask; the facts are those of the log lines. */
export type Reported =
  | (About & {
      readonly event: 'destination.held' | 'destination.retrying'
      readonly reason: string
      readonly error: string
      readonly nextProbe: string
    })
  | (About & {
      readonly event: 'record.buried'
      readonly records: number
      readonly reason: string
      readonly since: string
    })

/** What one lane tells. */
export type LaneReport = {
  state(state: TroubleState): void
  /** Dead letters that are written, with the reason of the last. */
  buried(records: number, reason: string): void
  /** The lane is gone, whatever its state was. */
  end(): void
}

export type Reports = {
  lane(version: DestinationVersion): LaneReport
  troubles(): readonly Reported[]
  /** Tells what was gathered. */
  close(): void
}

export function aboutOf({ id, loggingConfigurationId, kind, target }: DestinationVersion): About {
  return { configuration: loggingConfigurationId, destination: target, kind, destinationVersionId: id }
}

/**
 * Tells people how delivery to each destination goes: a line when its state changes, not one a try, and one for the lanes of
 * all partitions. The state is that of the worst lane; it counts as recovered when all are well.
 */
export function createReports({ clock, log }: { readonly clock: Clock; readonly log: Log }): Reports {
  const reports = new Map<DestinationVersionId, DestinationReport>()
  return {
    lane(version) {
      const report = reports.get(version.id) ?? new DestinationReport(version, clock, log)
      reports.set(version.id, report)
      const lane = report.begin()
      return {
        state: (state) => report.state(lane, state),
        buried: (records, reason) => report.buried(records, reason),
        end() {
          report.end(lane)
          if (report.isOver) reports.delete(version.id)
        },
      }
    },
    troubles: () => [...reports.values()].flatMap((report) => report.troubles()),
    close() {
      for (const report of reports.values()) report.close()
    },
  }
}

const SEVERITY = { flowing: 0, retrying: 1, held: 2 } as const
const WORDS = {
  retrying: 'A destination fails for now; it is tried again and again, and nothing is lost.',
  held: 'A destination is held until a person acts; what is sent to it waits in the journal.',
} as const

class DestinationReport {
  readonly #about: About
  readonly #clock: Clock
  readonly #log: Log
  /** Lanes that are in trouble. */
  readonly #lanes = new Map<object, TroubleState>()
  /** Lanes that are there. */
  #open = 0
  /** The worst that was told since all was well. */
  #told: TroubleState['state'] = 'flowing'
  #toldAtMs = 0
  #gathered = 0
  #fresh: { records: number; reason: string; sinceMs: number; untilMs: number } | undefined
  #callOff: (() => void) | undefined

  constructor(version: DestinationVersion, clock: Clock, log: Log) {
    this.#about = aboutOf(version)
    this.#clock = clock
    this.#log = log
  }

  get isOver(): boolean {
    return this.#open === 0 && this.#freshNow() === undefined
  }

  begin(): object {
    this.#open += 1
    return {}
  }

  state(lane: object, state: TroubleState): void {
    if (state.state === 'flowing') this.#lanes.delete(lane)
    else this.#lanes.set(lane, state)
    const worst = this.#worst()
    if (worst === undefined) this.#recovered()
    else if (worst.state !== 'flowing' && SEVERITY[worst.state] > SEVERITY[this.#told]) {
      if (this.#told === 'flowing') this.#toldAtMs = this.#clock.monotonicMs()
      this.#told = worst.state
      const facts = { event: `destination.${worst.state}`, ...this.#about, ...reasonOf(worst) }
      if (worst.state === 'held') this.#log.error(facts, WORDS.held)
      else this.#log.warn(facts, WORDS.retrying)
    }
  }

  /** Another writer may have it now, or it was given up: nobody here can say that it recovered. */
  end(lane: object): void {
    this.#open -= 1
    this.#lanes.delete(lane)
    if (this.#lanes.size === 0) this.#told = 'flowing'
  }

  buried(records: number, reason: string): void {
    const nowMs = this.#clock.monotonicMs()
    const before = this.#freshNow()
    const untilMs = nowMs + FRESH_MS
    this.#fresh = {
      records: (before?.records ?? 0) + records,
      reason,
      sinceMs: before?.sinceMs ?? this.#clock.nowMs(),
      untilMs,
    }
    this.#gathered += records
    if (this.#callOff === undefined) this.#tellBuried()
  }

  troubles(): readonly Reported[] {
    const worst = this.#worst()
    const fresh = this.#freshNow()
    const found: Reported[] = []
    if (worst !== undefined && worst.state !== 'flowing') {
      found.push({ event: `destination.${worst.state}`, ...this.#about, ...reasonOf(worst) })
    }
    if (fresh) {
      const { records, reason, sinceMs } = fresh
      found.push({ event: 'record.buried', ...this.#about, records, reason, since: new Date(sinceMs).toISOString() })
    }
    return found
  }

  close(): void {
    this.#callOff?.()
    this.#callOff = undefined
    if (this.#gathered > 0) this.#logBuried()
  }

  #recovered(): void {
    if (this.#told === 'flowing') return
    this.#told = 'flowing'
    const afterSeconds = Math.round((this.#clock.monotonicMs() - this.#toldAtMs) / 1_000)
    const facts = { event: 'destination.recovered', ...this.#about, afterSeconds }
    this.#log.info(facts, 'A destination takes records again; its backlog drains.')
  }

  #worst(): TroubleState | undefined {
    return [...this.#lanes.values()].sort((a, b) => SEVERITY[b.state] - SEVERITY[a.state])[0]
  }

  #freshNow() {
    return this.#fresh && this.#fresh.untilMs > this.#clock.monotonicMs() ? this.#fresh : undefined
  }

  #tellBuried(): void {
    this.#logBuried()
    this.#callOff = this.#clock.after(BURIED_EVERY_MS, () => {
      this.#callOff = undefined
      if (this.#gathered > 0) this.#tellBuried()
    })
  }

  #logBuried(): void {
    const facts = { event: 'record.buried', ...this.#about, records: this.#gathered, reason: this.#fresh?.reason }
    this.#gathered = 0
    this.#log.error(facts, 'Records were refused for good and are kept as dead letters.')
  }
}

function reasonOf({ lastError = '', errorName = '', nextProbeAtMs }: TroubleState) {
  return { reason: lastError, error: errorName, nextProbe: new Date(nextProbeAtMs ?? 0).toISOString() }
}
