import { type DestinationVersion, hourFolder, type MessageId, objectKey, runStartOf } from '@roomlog/domain'
import type {
  Failure,
  RecallOutcome,
  Rejected,
  RunsOutcome,
  Sink,
  SinkRecord,
  SinkRecords,
  WriteOutcome,
} from '@roomlog/sinks'
import { lineOf, takeBatch } from '@roomlog/sinks'
import type { Census } from './census.ts'
import { DENIED, type Fault, INVALID, LOST, MISSING, NOVEL, THROTTLED, TIMED_OUT } from './faults.ts'
import type { Life } from './life.ts'
import type { Store } from './store.ts'
import type { SimulatedTime } from './time.ts'

/**
 * A record that a destination never takes: `batch` refuses all that it came with, `novel` does so by a name that is not
 * known, `alone` refuses only itself.
 */
export type Poison = 'batch' | 'novel' | 'alone'

export type SimulatedSinkOptions = {
  readonly version: DestinationVersion
  readonly store: Store
  readonly life: Life
  readonly time: SimulatedTime
  /** What a destination does with a call now. */
  readonly weather: () => { readonly latencyMs: number; readonly fault: Fault | undefined }
  readonly poisonOf: (id: MessageId) => Poison | undefined
  readonly random: () => number
  /** Records that one call to CloudWatch Logs or Firehose may hold. */
  readonly callRecordsMax: number
  readonly census: Census
  /** Reads do not show what is younger. */
  readonly readLagMs: number
  /** From an answer that says nothing until the effect. */
  readonly lateMs: number
  /** Called at a named point, where the process may be killed. */
  readonly at: (point: string) => void
}

const BYTES = { bytesMax: 1e9, overheadBytes: 26, recordBytesMax: 1e6 }
const OBJECT_LIMITS = { ...BYTES, recordsMax: 20_000, spanMaxMs: 3_600_000 - 1 }
/** After which a client gives up on an answer. */
const REQUEST_TIMEOUT_MS = 2_000

type Occupied = Extract<WriteOutcome, { status: 'occupied' }>

/** The sink of one process to a store, with the weather in between. */
export function createSimulatedSink(options: SimulatedSinkOptions): Sink {
  const { version, store, life, time, weather, census, at } = options
  const { kind } = version
  const callLimits = { ...BYTES, recordsMax: options.callRecordsMax, spanMaxMs: 86_400_000 }
  const limits = kind === 's3' ? OBJECT_LIMITS : callLimits

  function take(records: readonly SinkRecord[], fault?: Fault): WriteOutcome {
    const { outcome, land } = judge(records, fault)
    return land() ?? outcome
  }

  /** What the service says of a call as it comes; `land` is its effect, which may be late. */
  function judge(
    records: readonly SinkRecord[],
    fault?: Fault,
  ): { outcome: WriteOutcome; land: () => Occupied | undefined } {
    if (kind === 's3') {
      const land = () => {
        const occupant = store.create(keyOf(records, version), records)
        return occupant && ({ status: 'occupied', occupant } as const)
      }
      return { outcome: { status: 'delivered' }, land }
    }
    const culprits = records.filter(({ id }) => ['batch', 'novel'].includes(options.poisonOf(id) ?? ''))
    for (const { id } of culprits) store.delayed.add(id)
    const isNovel = culprits.some(({ id }) => options.poisonOf(id) === 'novel')
    const refusal = isNovel ? refused('unknown', NOVEL) : refused('batch', INVALID)
    if (culprits.length > 0) return { outcome: refusal, land: () => undefined }
    const rejected = rejectedOf(records, fault)
    const taken = records.filter((_, index) => !rejected.some((each) => each.index === index))
    const land = () => void store.put(taken, time.nowMs + options.readLagMs)
    return { outcome: rejected.length > 0 ? { status: 'partial', rejected } : { status: 'delivered' }, land }
  }

  function rejectedOf(records: readonly SinkRecord[], fault: Fault | undefined): Rejected[] {
    return records.flatMap(({ id }, index): Rejected[] => {
      const isPoison = options.poisonOf(id) === 'alone'
      if (!isPoison && (kind !== 'firehose' || fault !== 'partial' || options.random() < 0.5)) return []
      store.delayed.add(id)
      return [{ index, reason: isPoison ? 'unacceptable' : 'ServiceUnavailableException', retryable: !isPoison }]
    })
  }

  /** Answers after some time, unless the caller hangs up or dies before. */
  function call<T>(effect: (fault: Fault | undefined) => T | 'no answer', signal?: AbortSignal) {
    const { latencyMs, fault } = weather()
    return new Promise<T>((resolve, reject) => {
      if (life.dead) return
      const hangUp = () => reject(new DOMException('aborted', 'AbortError'))
      signal?.addEventListener('abort', hangUp, { once: true })
      time.after(latencyMs / 2, () => {
        const effected = effect(fault)
        if (effected === 'no answer') return
        time.after(fault === 'hang' ? REQUEST_TIMEOUT_MS : latencyMs / 2, () => {
          signal?.removeEventListener('abort', hangUp)
          void life.seen(effected).then(resolve)
        })
      })
    })
  }

  function effectOf(records: readonly SinkRecord[], fault: Fault | undefined): WriteOutcome {
    switch (fault) {
      case 'throttled':
        return { status: 'retry', failure: THROTTLED }
      case 'refused':
        return refused('destination', DENIED)
      case 'missing':
        return refused('destination', MISSING)
      case 'invalid':
        // S3 looks into no record: a smaller object may pass, or it is about the bucket.
        return refused(kind === 's3' && records.length > 1 ? 'batch' : 'destination', INVALID)
      case 'novel':
        return refused(kind === 's3' ? 'destination' : 'unknown', NOVEL)
      case 'lost-before':
        return { status: 'unknown', failure: LOST }
      case 'lost-after':
        take(records)
        at(`${kind} after effect`)
        return { status: 'unknown', failure: LOST }
      case 'late': {
        const judged = judge(records)
        time.after(options.lateMs, () => void judged.land())
        return { status: 'unknown', failure: LOST }
      }
      case 'hang':
        return { status: 'unknown', failure: TIMED_OUT }
      case 'partial':
      case undefined: {
        const answer = take(records, fault)
        at(`${kind} after effect`)
        return answer
      }
    }
  }

  return {
    kind,
    limits,
    async write(records, { signal } = {}) {
      at(`${kind} before write`)
      if (life.dead) return new Promise(() => {})
      if (takeBatch(records, limits) < records.length) return refused('batch', INVALID)
      const kept = Array.from(records, copyOf)
      const outcome = await call((fault) => effectOf(kept, fault), signal)
      census.count(`${kind} ${outcome.status}`)
      return outcome
    },
    ...(kind !== 'firehose' && {
      async recall(records, { signal } = {}): Promise<RecallOutcome> {
        at(`${kind} before recall`)
        const asked = Array.from(records, ({ id }) => id)
        const key = keyOf(records, version)
        return call<RecallOutcome>((fault) => {
          if (fault === 'late' || fault === 'hang') return 'no answer'
          if (fault === 'refused' || fault === 'missing' || fault === 'novel')
            return { status: 'refused', failure: DENIED }
          if (fault !== undefined && fault !== 'partial') return { status: 'retry', failure: THROTTLED }
          census.count(`${kind} recalled`)
          const held = kind === 's3' ? store.idsAt(key) : store.idsVisible(time.nowMs)
          const found = new Set(asked.filter((id) => held.has(id)))
          return { status: 'recalled', found }
        }, signal)
      },
    }),
    ...(kind === 's3' && {
      async runs(wanted, { signal } = {}): Promise<RunsOutcome> {
        at('s3 before list')
        const { roomId } = wanted
        return call<RunsOutcome>((fault) => {
          if (fault === 'late' || fault === 'hang') return 'no answer'
          if (fault === 'refused' || fault === 'missing') return { status: 'refused', failure: DENIED }
          if (fault !== undefined && fault !== 'partial') return { status: 'retry', failure: THROTTLED }
          census.count('s3 listed')
          const runs = store.list(hourFolder({ ...version, ...wanted })).flatMap(({ key, first: { id }, last }) => {
            const start = runStartOf(key)
            if (!start || start.position < wanted.first || start.position > wanted.last) return []
            const first = { ...start, roomId, id, source: Buffer.alloc(0), start: 0, byteLength: 0 }
            if (keyOf([first], version) !== key) return []
            census.count((last.position ?? 0) > wanted.last ? 's3 found beyond a tombstone' : 's3 found in a tombstone')
            return [{ first, last }]
          })
          return { status: 'found', runs }
        }, signal)
      },
    }),
    check: () => call((fault) => (fault === 'missing' ? { status: 'failed', failure: MISSING } : { status: 'ok' })),
  }
}

function refused(scope: 'destination' | 'batch' | 'unknown', why: Failure): WriteOutcome {
  return { status: 'refused', scope, failure: why }
}

function keyOf(records: SinkRecords, { accountId, region, id }: DestinationVersion): string {
  const first = records.at(0)
  if (!first) throw new Error('a write has a record')
  const { roomId, timeMs, position } = first
  return objectKey({ accountId, region, roomId, timeMs, position, destinationVersionId: id, id: first.id })
}

function copyOf(record: SinkRecord): SinkRecord {
  const { roomId, id, position, timeMs, byteLength } = record
  return { roomId, id, position, timeMs, source: Buffer.from(lineOf(record)), start: 0, byteLength }
}
