import { SERVICES, type Service } from './call.ts'

/** One call, as `/_local/calls` shows it. */
export type CallRecord = {
  /** Counts up over all services. */
  readonly sequence: number
  readonly service: Service
  readonly operation: string
  target: string
  /** Whose call it is, as far as it says. */
  readonly accessKeyId: string | undefined
  readonly startedMs: number
  /** When the operation had its effect, or was refused. */
  ranMs?: number
  endedMs?: number
  status?: number
  /**
   * `vanished`: the client went away while the call was open, so it cannot know what came of it.
   * `cut`: a fault cut the connection.
   */
  outcome: 'open' | 'answered' | 'vanished' | 'cut'
  faults: readonly string[]
}

export type CallQuery = {
  readonly service?: Service | undefined
  readonly outcome?: CallRecord['outcome'] | undefined
  readonly accessKeyId?: string | undefined
  /** Only calls that this fault struck. */
  readonly fault?: string | undefined
  /** Only calls behind this sequence. */
  readonly after?: number | undefined
}

export type Calls = {
  begin(service: Service, operation: string, target: string, accessKeyId?: string): CallRecord
  end(call: CallRecord, outcome: CallRecord['outcome'], status?: number): void
  countBytes(service: Service, direction: 'in' | 'out', bytes: number): void
  list(query: CallQuery): readonly CallRecord[]
  stats(): CallStats
}

export type ServiceStats = {
  calls: number
  open: number
  vanished: number
  bytesIn: number
  bytesOut: number
  byOperation: Record<string, number>
}
export type CallStats = Record<Service, ServiceStats>

const RECORDS_MAX = 20_000

/** Counts calls, and remembers the last 20,000 of them. */
export function createCalls(now: () => number): Calls {
  const stats = { s3: zero(), logs: zero(), firehose: zero(), metrics: zero() }
  const ring: (CallRecord | undefined)[] = new Array(RECORDS_MAX)
  // Open calls are kept apart: a long one must not fall out of the ring.
  const open = new Set<CallRecord>()
  let sequence = 0

  return {
    begin(service, operation, target, accessKeyId) {
      sequence += 1
      const call: CallRecord = {
        sequence,
        service,
        operation,
        target,
        accessKeyId,
        startedMs: now(),
        outcome: 'open',
        faults: [],
      }
      ring[sequence % RECORDS_MAX] = call
      open.add(call)
      const of = stats[service]
      of.calls += 1
      of.open += 1
      of.byOperation[operation] = (of.byOperation[operation] ?? 0) + 1
      return call
    },
    end(call, outcome, status) {
      if (!open.delete(call)) return
      call.outcome = outcome
      call.endedMs = now()
      if (status !== undefined) call.status = status
      stats[call.service].open -= 1
      if (outcome === 'vanished') stats[call.service].vanished += 1
    },
    countBytes(service, direction, bytes) {
      if (direction === 'in') stats[service].bytesIn += bytes
      else stats[service].bytesOut += bytes
    },
    list({ service, outcome, accessKeyId, fault, after = 0 }) {
      const known = outcome === 'open' ? open : new Set([...open, ...ring.filter((call) => call !== undefined)])
      return [...known]
        .filter((call) => call.sequence > after)
        .filter((call) => service === undefined || call.service === service)
        .filter((call) => outcome === undefined || call.outcome === outcome)
        .filter((call) => accessKeyId === undefined || call.accessKeyId === accessKeyId)
        .filter((call) => fault === undefined || call.faults.includes(fault))
        .sort((a, b) => a.sequence - b.sequence)
    },
    stats: () => structuredClone(stats),
  }
}

export function isService(text: string): text is Service {
  return SERVICES.some((service) => service === text)
}

function zero(): ServiceStats {
  return { calls: 0, open: 0, vanished: 0, bytesIn: 0, bytesOut: 0, byOperation: {} }
}
