import { createKeyReader, type Known } from './key-reader.ts'
import type { Journal, RecordKey } from './port.ts'
import { reasonOf } from './reason.ts'
import { keyNameOf, keyOf, outcomeOf, type Submission, type SubmitOutcome, type Waiting } from './submission.ts'

export type Repeats = {
  /**
   * Takes what was submitted together: what is to be recorded joins the queue, in order, once all of its keys were read.
   * What was recorded before never does, so that repeats cost others nothing.
   */
  take(submitted: readonly Waiting[]): void
  /** Resolves once all that was taken has joined the queue or was answered. */
  settled(): Promise<void>
}

/**
 * Tells what was asked for before, as far as it can be told ahead of the append, which alone decides. Of records with one key
 * that are here at once, the second waits for what becomes of the first, and goes itself if nobody can say. `join` queues a
 * record; `leave` answers one that does not get there. How many wait is bounded by whoever calls `take`.
 */
export function createRepeats({
  journal,
  nowMs,
  waitMaxMs,
  join,
  leave,
}: {
  readonly journal: Pick<Journal, 'findKeys'>
  /** Monotonic. */
  readonly nowMs: () => number
  /** From when on nobody waits any more for what becomes of others with its key. */
  readonly waitMaxMs: number
  readonly join: (item: Waiting) => void
  readonly leave: (item: Waiting, outcome: SubmitOutcome) => void
}): Repeats {
  const read = createKeyReader(journal)
  /** By the key's name: what the key is known to have been given with, once that is known. */
  const underWay = new Map<string, Promise<RecordKey | undefined>>()
  const taking = new Set<Promise<void>>()

  function track(work: Promise<void>): void {
    taking.add(work)
    void work.then(() => taking.delete(work))
  }

  /** The item, which tells those behind it what became of it. */
  function lead(item: Waiting, name: string): Waiting {
    let tell: (known: RecordKey | undefined) => void = () => {}
    underWay.set(
      name,
      new Promise((resolve) => {
        tell = resolve
      }),
    )
    const settle = (at: number, outcome: SubmitOutcome) => {
      underWay.delete(name)
      tell(givenBy(item.record, outcome))
      item.of.settle(at, outcome)
    }
    return { ...item, of: { settle } }
  }

  async function follow(item: Waiting, first: Promise<RecordKey | undefined>, sinceMs: number): Promise<void> {
    const known = await first
    if (known) leave(item, outcomeOf(item.record, known))
    // In an outage each of many would wait for all that failed before it.
    else if (nowMs() - sinceMs >= waitMaxMs) leave(item, UNDECIDED)
    else await take([item], sinceMs)
  }

  async function take(submitted: readonly Waiting[], sinceMs: number): Promise<void> {
    const going = submitted.flatMap((item) => {
      const name = keyNameOf(item.record)
      if (name === undefined) return [item]
      const first = underWay.get(name)
      if (first === undefined) return [lead(item, name)]
      track(follow(item, first, sinceMs))
      return []
    })
    const keys = going.flatMap(({ record }) => keyOf(record) ?? [])
    const known = keys.length === 0 ? NOTHING : await read(keys).catch(reasonOf)
    for (const item of going) {
      const name = keyNameOf(item.record)
      if (name === undefined) join(item)
      else if (typeof known === 'string') leave(item, { status: 'unavailable', reason: known })
      else {
        const before = known.get(name)
        if (before === undefined) join(item)
        else leave(item, outcomeOf(item.record, before))
      }
    }
  }

  return {
    take: (submitted) => track(take(submitted, nowMs())),
    async settled() {
      while (taking.size > 0) await Promise.all(taking)
    },
  }
}

const NOTHING: Known = new Map()
const UNDECIDED: SubmitOutcome = {
  status: 'unavailable',
  reason: 'nobody can say what became of another call with the same key',
}

/** What the record's key was given with, as far as its outcome tells. */
function givenBy(record: Submission, outcome: SubmitOutcome): RecordKey | undefined {
  const key = keyOf(record)
  if (outcome.status === 'recorded') return key
  return key && outcome.status === 'repeated' ? { ...key, id: outcome.id, sendTime: outcome.sendTime } : undefined
}
