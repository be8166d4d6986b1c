import { type DestinationVersion, type MessageId, objectKey } from '@roomlog/domain'
import type { Failure, RecallOutcome, Sink, SinkRecord, WriteOutcome } from '@roomlog/sinks'
import type { Life, SimulatedTime } from './time.ts'

export type Fault = 'throttled' | 'refused' | 'lost-before' | 'lost-after' | 'late'

/** What a destination does with a call now; drawn by the world. */
export type Weather = () => { readonly latencyMs: number; readonly fault: Fault | undefined }

export type Census = Map<string, number>

type Stored = { readonly record: SinkRecord; readonly visibleAtMs: number }
type StoredObject = { readonly records: readonly SinkRecord[] }

/** What a destination holds, in its own order; survives every process. */
export class Store {
  readonly version: DestinationVersion
  readonly objects = new Map<string, StoredObject>()
  readonly events: Stored[] = []

  constructor(version: DestinationVersion) {
    this.version = version
  }

  /** Ids as a reader finds them: keys sorted, or events by time. */
  records(): readonly SinkRecord[] {
    if (this.version.kind === 's3') {
      return [...this.objects].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, { records }]) => records)
    }
    const events = this.events.map(({ record }) => record)
    return this.version.kind === 'cloudWatchLogs' ? events.sort((a, b) => a.timeMs - b.timeMs) : events
  }
}

const LOST: Failure = { class: 'network', name: 'ECONNRESET', message: 'lost', metric: 'LogDestinationErrors' }
const THROTTLED: Failure = {
  class: 'throttled',
  name: 'SlowDown',
  message: 'slow down',
  metric: 'LogDestinationErrors',
}
const REFUSED: Failure = {
  class: 'access',
  name: 'AccessDenied',
  message: 'no access',
  metric: 'LogDestinationAccessDeniedError',
}

export type SimulatedSinkOptions = {
  readonly store: Store
  readonly life: Life
  readonly time: SimulatedTime
  readonly weather: Weather
  readonly census: Census
  /** Reads do not show what is younger. */
  readonly readLagMs: number
  /** Called at a named point, where the process may be killed. */
  readonly at: (point: string) => void
}

/** The sink of one process to a store, with the weather in between. */
export function createSimulatedSink(options: SimulatedSinkOptions): Sink {
  const { store, life, time, weather, census, at } = options
  const { kind } = store.version
  const count = (what: string) => census.set(`${kind} ${what}`, (census.get(`${kind} ${what}`) ?? 0) + 1)

  function apply(records: readonly SinkRecord[]): WriteOutcome {
    if (kind !== 's3') {
      const visibleAtMs = time.nowMs + options.readLagMs
      for (const record of records) store.events.push({ record: copyOf(record), visibleAtMs })
      return { status: 'delivered' }
    }
    const key = keyOf(records, store.version)
    const there = store.objects.get(key)
    if (there) return occupied(key, there)
    store.objects.set(key, { records: records.map(copyOf) })
    return { status: 'delivered' }
  }

  /** Answers after some time, unless the caller hangs up or dies before. */
  function call<T>(effect: (fault: Fault | undefined) => { readonly answer: T } | 'no answer', signal?: AbortSignal) {
    const { latencyMs, fault } = weather()
    return new Promise<T>((resolve, reject) => {
      if (life.dead) return
      const hangUp = () => reject(new DOMException('aborted', 'AbortError'))
      signal?.addEventListener('abort', hangUp, { once: true })
      time.after(latencyMs / 2, () => {
        const effected = effect(fault)
        if (effected === 'no answer') return
        time.after(latencyMs / 2, () => {
          signal?.removeEventListener('abort', hangUp)
          void life.seen(effected.answer).then(resolve)
        })
      })
    })
  }

  return {
    kind,
    batchOf: kind === 'firehose' ? 'any' : 'room',
    limits: { recordsMax: 5, bytesMax: 1e9, overheadBytes: 26, recordBytesMax: 1e6, spanMaxMs: 86_400_000 },
    async write(records, { signal } = {}) {
      at(`${kind} before write`)
      if (life.dead) return new Promise(() => {})
      const kept = records.map(copyOf)
      const outcome = await call<WriteOutcome>((fault) => {
        switch (fault) {
          case 'throttled':
            return { answer: { status: 'retry', failure: THROTTLED } }
          case 'refused':
            return { answer: { status: 'refused', scope: 'destination', failure: REFUSED } }
          case 'lost-before':
            return { answer: { status: 'unknown', failure: LOST } }
          case 'lost-after':
            apply(kept)
            at(`${kind} after effect`)
            return { answer: { status: 'unknown', failure: LOST } }
          case 'late':
            time.after(1_500, () => apply(kept))
            return { answer: { status: 'unknown', failure: LOST } }
          case undefined: {
            const answer = apply(kept)
            at(`${kind} after effect`)
            return { answer }
          }
        }
      }, signal)
      count(outcome.status)
      return outcome
    },
    async recall(records, { signal } = {}): Promise<RecallOutcome> {
      at(`${kind} before recall`)
      return call<RecallOutcome>((fault) => {
        if (fault === 'late') return 'no answer'
        if (fault !== undefined) return { answer: { status: 'retry', failure: THROTTLED } }
        count('recalled')
        return { answer: { status: 'recalled', found: holds(store, records, time.nowMs) } }
      }, signal)
    },
    check: async () => ({ status: 'ok' }),
  }
}

function keyOf(records: readonly SinkRecord[], { accountId, region, id }: DestinationVersion): string {
  const first = firstOf(records)
  const { roomId, timeMs, position } = first
  return objectKey({ accountId, region, roomId, timeMs, position, destinationVersionId: id, id: first.id })
}

function occupied(key: string, { records }: StoredObject): WriteOutcome {
  const end = ({ position, id }: SinkRecord) => ({ position, id })
  const last = records.at(-1) ?? firstOf(records)
  return { status: 'occupied', occupant: { key, first: end(firstOf(records)), last: end(last) } }
}

function holds(store: Store, records: readonly SinkRecord[], nowMs: number): ReadonlySet<MessageId> {
  const object = store.objects.get(keyOf(records, store.version))
  const ids =
    store.version.kind === 's3'
      ? (object?.records ?? []).map(({ id }) => id)
      : store.events.filter(({ visibleAtMs }) => visibleAtMs <= nowMs).map(({ record }) => record.id)
  const held = new Set(ids)
  return new Set(records.map(({ id }) => id).filter((id) => held.has(id)))
}

function firstOf(records: readonly SinkRecord[]): SinkRecord {
  const [first] = records
  if (!first) throw new Error('no records')
  return first
}

function copyOf({ roomId, id, position, timeMs, bytes }: SinkRecord): SinkRecord {
  return { roomId, id, position, timeMs, bytes: Buffer.from(bytes) }
}
