import type { DestinationKind, MessageId, RoomId } from '@roomlog/domain'
import type { Failure, Sink, SinkRecord, WriteOutcome } from '@roomlog/sinks'
import type { SimulatedTime } from '../simulation/time.ts'

/** One call that was taken. */
export type Taken = {
  readonly roomId: RoomId
  readonly atMs: number
  readonly firstPosition: number
  readonly firstTimeMs: number
  readonly ids: readonly MessageId[]
}

const AWAY: Failure = {
  class: 'transient',
  name: 'ServiceUnavailable',
  message: 'away',
  metric: 'LogDestinationErrors',
}

/** A destination whose calls take a fixed time, and that can be away; it notes what it took. */
export class SlowStore {
  readonly kind: DestinationKind
  readonly taken: Taken[] = []
  /** Called while a call is open. */
  onCall: () => void = () => {}
  away = false
  calls = 0
  /** Taken, repeats included. */
  records = 0
  readonly #time: SimulatedTime
  readonly #callMs: number
  readonly #objects = new Map<string, SinkRecord>()

  constructor(kind: DestinationKind, time: SimulatedTime, callMs: number) {
    this.kind = kind
    this.#time = time
    this.#callMs = callMs
  }

  sink(): Sink {
    return {
      kind: this.kind,
      limits: {
        recordsMax: 500,
        bytesMax: 4_000_000,
        overheadBytes: 0,
        recordBytesMax: 1_000_000,
        spanMaxMs: 86_400_000,
      },
      write: async (records) => {
        this.calls++
        await this.#time.wait(this.#callMs)
        this.onCall()
        return this.away ? { status: 'retry', failure: AWAY } : this.#take([...records])
      },
      check: async () => ({ status: 'ok' }),
    }
  }

  #take(records: readonly SinkRecord[]): WriteOutcome {
    const [first] = records
    const last = records.at(-1)
    if (!first || !last) throw new Error('no records')
    const key = `${first.roomId}/${first.position}`
    const there = this.kind === 's3' ? this.#objects.get(key) : undefined
    if (there) return { status: 'occupied', occupant: { key, first: endOf(first), last: endOf(there) } }
    this.#objects.set(key, {
      ...endOf(last),
      roomId: last.roomId,
      timeMs: last.timeMs,
      source: Buffer.alloc(0),
      start: 0,
      byteLength: 0,
    })
    this.records += records.length
    this.taken.push({
      roomId: first.roomId,
      atMs: this.#time.nowMs,
      firstPosition: first.position,
      firstTimeMs: first.timeMs,
      ids: records.map(({ id }) => id),
    })
    return { status: 'delivered' }
  }
}

const endOf = ({ position, id }: SinkRecord) => ({ position, id })
