import type { DestinationKind, MessageId } from '@roomlog/domain'
import type { Occupant, SinkRecord } from '@roomlog/sinks'

type Event = { readonly record: SinkRecord; readonly visibleAtMs: number }

/** What is behind one target: a bucket, a log group or a delivery stream. It survives every process. */
export class Store {
  readonly kind: DestinationKind
  readonly target: string
  /** Refused inside a batch once, so that they may stand behind later ones. */
  readonly delayed = new Set<MessageId>()
  readonly #objects = new Map<string, readonly SinkRecord[]>()
  readonly #events: Event[] = []

  constructor(kind: DestinationKind, target: string) {
    this.kind = kind
    this.target = target
  }

  /** Records as a reader finds them: keys sorted, events by time, a stream as it came. */
  records(): readonly SinkRecord[] {
    if (this.kind === 's3') return [...this.#objects].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, run]) => run)
    const events = this.#events.map(({ record }) => record)
    return this.kind === 'cloudWatchLogs' ? events.sort((a, b) => a.timeMs - b.timeMs) : events
  }

  /** `If-None-Match: *`: what stands there already, or nothing and the object is created. */
  create(key: string, records: readonly SinkRecord[]): Occupant | undefined {
    const there = this.#objects.get(key)
    if (!there) {
      this.#objects.set(key, records)
      return undefined
    }
    return { key, first: endOf(there[0]), last: endOf(there.at(-1)) }
  }

  put(records: readonly SinkRecord[], visibleAtMs: number): void {
    for (const record of records) this.#events.push({ record, visibleAtMs })
  }

  /** Objects under a prefix, as a listing shows them. */
  list(prefix: string): readonly Occupant[] {
    const keys = [...this.#objects].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1))
    return keys.map(([key, run]) => ({ key, first: endOf(run[0]), last: endOf(run.at(-1)) }))
  }

  /** Ids of an object. */
  idsAt(key: string): ReadonlySet<MessageId> {
    return new Set((this.#objects.get(key) ?? []).map(({ id }) => id))
  }

  /** Ids of events that reads show now. */
  idsVisible(nowMs: number): ReadonlySet<MessageId> {
    return new Set(this.#events.filter(({ visibleAtMs }) => visibleAtMs <= nowMs).map(({ record }) => record.id))
  }
}

function endOf(record: SinkRecord | undefined): Occupant['first'] {
  if (!record) throw new Error('an object holds a record')
  return { position: record.position, id: record.id }
}
