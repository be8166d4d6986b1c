import type { MessageId } from '@roomlog/domain'
import type { Failure } from '@roomlog/sinks'
import type { Delivery } from '../lane/delivery.ts'
import type { Moment } from '../lane/refusals.ts'
import type { LaneRecords } from '../lane/selection.ts'

export type BatchEnd = 'settled' | 'stopped'

/** What one call had refused. `batch`: by a name that is known to be about records; `unknown`: by one that is not known. */
export type Refusal = {
  readonly status: 'refused'
  readonly scope: 'batch' | 'unknown'
  readonly records: LaneRecords
  readonly failure: Failure
}

/**
 * Delivers a refused batch by halves, in order. A record is buried only where the refusal is surely its own:
 * - By a name that is known to be about records: if no other record was refused since one was last accepted, or if another
 *   was accepted since its batch was first refused. Until then those behind it are tried, few at first: either one of them
 *   is accepted, and it is buried, or none is, and the order is what it was. With nothing to compare it is buried when it
 *   was refused alone four times, with the waits of a probe between: a record that is known to be at fault holds no lane.
 * - By a name that is not known: if it was refused alone three times over 10 minutes while others were accepted between
 *   the first and the last time, and after the last. Nothing behind it is tried meanwhile, since it may be accepted yet.
 * Until then the lane is held. A destination that refuses everything for some seconds, whatever it calls that, would else
 * have all buried that is sent to it in that time.
 */
export async function deliverRefused(
  delivery: Delivery,
  refusal: Refusal,
  send: (records: LaneRecords) => Promise<BatchEnd | Refusal>,
): Promise<BatchEnd> {
  const judge = new Judge(delivery)
  let pieces: readonly LaneRecords[] = []
  let end: BatchEnd | Refusal = refusal
  /** Since something of the batch was settled. */
  let holds = 0
  try {
    while (end !== 'stopped') {
      let why: Failure | undefined
      if (end === 'settled') holds = 0
      else if (end.records.length > 1) {
        pieces = [...halvesOf(end.records), ...pieces]
        if (end.scope === 'unknown') why = end.failure
      } else if (end.scope === 'unknown') {
        const left = await judge.doubt(end)
        if (left) pieces = [left, ...pieces]
        why = left && wordsFor(end)
      } else judge.suspect(end)
      const { suspects, hold } = await judge.again(pieces.length > 0)
      pieces = [...suspects.map(({ records }) => records), ...pieces]
      const [suspect] = suspects
      if (suspect && hold) why = wordsFor(suspect)
      const [next, ...rest] = pieces
      if (next === undefined) return 'settled'
      if (why && !(await delivery.hold(refusal, why, ++holds))) return 'stopped'
      pieces = rest
      end = await send(next)
    }
    return 'stopped'
  } finally {
    delivery.release(refusal)
  }
}

/** A record that is refused alone, again and again, by names that are not known. */
type Doubt = {
  readonly id: MessageId
  readonly times: number
  readonly firstMs: number
  readonly lastMs: number
  readonly last: Moment
  /** Others were accepted between the first time and the last. */
  readonly compared: boolean
}

/** With the waits between them, 7 s at least. */
const SUSPECTED_TIMES = 4
const DOUBTED_TIMES = 3
const DOUBTED_FOR_MS = 10 * 60_000

const NOTHING = { suspects: [], hold: false } as const

/** What is to be made of the records of one batch that are refused alone. */
class Judge {
  readonly #delivery: Delivery
  readonly #since: Moment
  /** Refused alone, by names that are known to be about records. */
  #suspects: readonly Refusal[] = []
  /** How many may wait for one behind them to be accepted; more with each time that none was. */
  #suspectsMax = 4
  /** How often each was refused alone. */
  readonly #times = new Map<MessageId, number>()
  #doubt: Doubt | undefined

  constructor(delivery: Delivery) {
    this.#delivery = delivery
    this.#since = delivery.refusals.now()
  }

  /** Of a record that was refused alone by a name that is known to be about records. */
  suspect(alone: Refusal): void {
    const id = idOf(alone)
    const times = (this.#times.get(id) ?? 0) + 1
    this.#times.set(id, times)
    if (this.#delivery.refusals.isOnly(id) || this.#isProven() || times >= SUSPECTED_TIMES) this.#bury(alone)
    else this.#suspects = [...this.#suspects, alone]
  }

  /** Of a record that was refused alone by a name that is not known: what is to be sent again before anything behind it. */
  async doubt(alone: Refusal): Promise<LaneRecords | undefined> {
    const id = idOf(alone)
    const isCulprit = this.#doubtAgain(id)
    if (!isCulprit && !(await this.#delivery.isSetAside(id))) return alone.records
    this.#bury(alone)
    return undefined
  }

  /** What was suspected, and is to be sent again before anything behind it; `hold`: not before a while. */
  async again(moreWait: boolean): Promise<{ readonly suspects: readonly Refusal[]; readonly hold: boolean }> {
    const suspects = this.#suspects
    const isProven = this.#isProven()
    if (!isProven && suspects.length <= (moreWait ? this.#suspectsMax : 0)) return NOTHING
    this.#suspects = []
    const [first, second] = suspects
    if (isProven) {
      // Several were more likely refused by a destination that refused everything, and has come back just now.
      if (second) return { suspects, hold: false }
      if (first) this.#bury(first)
      return NOTHING
    }
    this.#suspectsMax *= 2
    const left: Refusal[] = []
    for (const suspect of suspects) {
      if (await this.#delivery.isSetAside(idOf(suspect))) this.#bury(suspect)
      else left.push(suspect)
    }
    return { suspects: left, hold: true }
  }

  #isProven(): boolean {
    return this.#delivery.refusals.acceptedSince(this.#since)
  }

  #bury({ records, failure }: Refusal): void {
    for (const record of records) this.#delivery.bury({ record, reason: failure.message })
  }

  /** Whether what was known before this refusal proves that the record is at fault. */
  #doubtAgain(id: MessageId): boolean {
    const { clock, refusals } = this.#delivery
    const before = this.#doubt?.id === id ? this.#doubt : undefined
    const lastMs = clock.monotonicMs()
    const isNewer = before !== undefined && refusals.acceptedSince(before.last)
    this.#doubt = {
      id,
      times: (before?.times ?? 0) + 1,
      firstMs: before?.firstMs ?? lastMs,
      lastMs,
      last: refusals.now(),
      compared: before?.compared === true || isNewer,
    }
    if (before === undefined || before.times < DOUBTED_TIMES) return false
    return before.lastMs - before.firstMs >= DOUBTED_FOR_MS && before.compared && isNewer
  }
}

function halvesOf(records: LaneRecords): readonly LaneRecords[] {
  const half = Math.ceil(records.length / 2)
  return [records.slice(0, half), records.slice(half)]
}

function idOf({ records }: Refusal): MessageId {
  const [record] = records
  if (record === undefined) throw new Error('a refusal has a record')
  return record.id
}

function wordsFor(alone: Refusal): Failure {
  const { failure } = alone
  const message = `${failure.message} Message ${idOf(alone)} is refused alone, and nothing shows yet whether it is at fault. If it is, set it aside as a dead letter with delivery.setAside.`
  return { ...failure, message }
}
