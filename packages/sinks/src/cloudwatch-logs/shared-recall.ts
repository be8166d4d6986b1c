import type { RecallOutcome, SinkOptions, SinkRecords } from '../port.ts'

export type Recall = (records: SinkRecords, options?: SinkOptions) => Promise<RecallOutcome>

/** Readings of one log group at once. */
const READINGS_MAX = 2
/** Times that are no further apart are read in one go. */
const NEIGHBOURS_MS = 10_000
/** Of one reading, so that it ends. */
const SHARED_RECORDS_MAX = 100_000

/**
 * Recalls that wait at the same time share a reading of the log: after a crash every lane of a destination asks about
 * the same few seconds, and the account may read only a few times a second.
 */
export function shareRecalls(recall: Recall): Recall {
  let waiting: Waiting[] = []
  let readings = 0

  async function readNext(): Promise<void> {
    if (readings >= READINGS_MAX) return
    waiting = waiting.filter(({ signal }) => !signal?.aborted)
    const together = neighbours(waiting)
    if (together.length === 0) return
    waiting = waiting.filter((one) => !together.includes(one))
    readings += 1
    await read(recall, together)
    readings -= 1
    void readNext()
  }

  return (records, { signal } = {}) =>
    new Promise((resolve, reject) => {
      const leave = () => reject(new DOMException('Aborted', 'AbortError'))
      if (signal?.aborted) return leave()
      signal?.addEventListener('abort', leave, { once: true })
      const done = (end: () => void) => {
        signal?.removeEventListener('abort', leave)
        end()
      }
      waiting.push({
        records,
        signal,
        ...rangeOf(records),
        resolve: (outcome) => done(() => resolve(outcome)),
        reject: (error) => done(() => reject(error)),
      })
      void readNext()
    })
}

type Waiting = {
  readonly records: SinkRecords
  readonly fromMs: number
  readonly toMs: number
  readonly signal: AbortSignal | undefined
  resolve(outcome: RecallOutcome): void
  reject(error: unknown): void
}

/** The one that has waited longest, and those whose times touch its own. */
function neighbours(waiting: readonly Waiting[]): Waiting[] {
  const [first, ...others] = waiting
  if (first === undefined) return []
  const together = [first]
  let { fromMs, toMs } = first
  let records = first.records.length
  for (const one of others.sort((a, b) => a.fromMs - b.fromMs)) {
    if (one.fromMs > toMs + NEIGHBOURS_MS || one.toMs < fromMs - NEIGHBOURS_MS) continue
    if (records + one.records.length > SHARED_RECORDS_MAX) continue
    together.push(one)
    records += one.records.length
    fromMs = Math.min(fromMs, one.fromMs)
    toMs = Math.max(toMs, one.toMs)
  }
  return together
}

/** Ends early only when nobody waits for it any more. */
async function read(recall: Recall, together: readonly Waiting[]): Promise<void> {
  const left = new AbortController()
  const look = () => {
    if (together.every((one) => one.signal?.aborted)) left.abort()
  }
  for (const { signal } of together) signal?.addEventListener('abort', look)
  try {
    const outcome = await recall(
      together.flatMap(({ records }) => [...records]),
      { signal: left.signal },
    )
    for (const one of together) {
      // One that has left may have let go of its records' memory.
      if (one.signal?.aborted) continue
      one.resolve(outcome.status === 'recalled' ? shareOf(outcome.found, one) : outcome)
    }
  } catch (error) {
    for (const one of together) one.reject(error)
  } finally {
    for (const { signal } of together) signal?.removeEventListener('abort', look)
  }
}

function shareOf(found: Extract<RecallOutcome, { status: 'recalled' }>['found'], { records }: Waiting): RecallOutcome {
  return { status: 'recalled', found: new Set(Array.from(records, ({ id }) => id).filter((id) => found.has(id))) }
}

/** A loop, because there may be more records than arguments allow. */
function rangeOf(records: SinkRecords): { readonly fromMs: number; readonly toMs: number } {
  let fromMs = Number.MAX_SAFE_INTEGER
  let toMs = 0
  for (const { timeMs } of records) {
    fromMs = Math.min(fromMs, timeMs)
    toMs = Math.max(toMs, timeMs)
  }
  return { fromMs, toMs }
}
