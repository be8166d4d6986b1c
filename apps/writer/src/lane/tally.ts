import type { DestinationVersionId } from '@roomlog/domain'
import type { DeadLetter, Totals } from '@roomlog/journal'
import { toPosition } from '@roomlog/journal'
import { type Failure, lineOf } from '@roomlog/sinks'
import type { LaneRecord } from './record.ts'

export type Dead = { readonly record: LaneRecord; readonly reason: string }

/** What happened in a lane since its counters were last written, and the dead letters to write with them. */
export class Tally {
  readonly #id: DestinationVersionId
  #delivered = 0
  #repeatsPossible = 0
  #errors = { all: 0, accessDenied: 0, notFound: 0 }
  #lastDeliveredAtMs: number | undefined
  #lastError: string | undefined
  #counted = 0
  /** Of settled cycles. */
  #dead: Dead[] = []
  #deadCount = 0
  /** Of the open cycle: kept back until it is settled, forgotten if it is dropped. */
  #dying: Dead[] = []

  constructor(id: DestinationVersionId) {
    this.#id = id
  }

  bury(dead: Dead): void {
    // A copy, so that a dead letter does not keep its batch in memory.
    this.#dying.push({ record: dead.record.detached(), reason: dead.reason })
  }

  repeats(records: number): void {
    this.#repeatsPossible += records
    this.#counted++
  }

  failed(failure: Failure): void {
    this.#errors.all++
    if (failure.metric === 'LogDestinationAccessDeniedError') this.#errors.accessDenied++
    if (failure.metric === 'LogDestinationResourceNotFoundErrors') this.#errors.notFound++
    this.#lastError = `${failure.name}: ${failure.message}`
    this.#counted++
  }

  settled(records: number, nowMs: number): void {
    this.#delivered += records - this.#dying.length
    this.#deadCount += this.#dying.length
    this.#dead.push(...this.#dying)
    this.#dying = []
    this.#lastDeliveredAtMs = nowMs
    this.#counted++
  }

  dropped(): void {
    this.#dying = []
  }

  get pending(): boolean {
    return this.#counted > 0
  }

  /** Everything since the last call; undefined if nothing. */
  take(): { readonly totals: Totals; readonly deadLetters: readonly DeadLetter[] } | undefined {
    if (this.#counted === 0) return undefined
    const totals: Totals = {
      destinationVersionId: this.#id,
      delivered: this.#delivered,
      repeatsPossible: this.#repeatsPossible,
      dead: this.#deadCount,
      givenUp: 0,
      errors: this.#errors,
      lastDeliveredAtMs: this.#lastDeliveredAtMs,
      lastError: this.#lastError,
    }
    const deadLetters = this.#dead.map(({ record, reason }) => ({
      destinationVersionId: this.#id,
      position: toPosition(record.position),
      roomId: record.roomId,
      id: record.id,
      reason,
      bytes: lineOf(record),
    }))
    this.#delivered = this.#repeatsPossible = this.#deadCount = this.#counted = 0
    this.#errors = { all: 0, accessDenied: 0, notFound: 0 }
    this.#dead = []
    this.#lastError = undefined
    return { totals, deadLetters }
  }
}
