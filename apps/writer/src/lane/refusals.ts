import type { MessageId } from '@roomlog/domain'
import type { LaneRecords } from './selection.ts'

/** A point in the order in which calls were sent and refused. */
export type Moment = number

/**
 * What one destination version refused, and whether it has accepted anything since, over the lanes of all partitions. A
 * refusal alone does not say whether the record or the destination is at fault: that is told by what else is accepted.
 */
export class Refusals {
  #moment: Moment = 0
  #acceptedCallSent: Moment = -1
  #last: { readonly at: Moment; readonly only: MessageId | undefined } | undefined

  /** Now; a call that is sent later counts as later. */
  now(): Moment {
    this.#moment += 1
    return this.#moment
  }

  /** A call that was sent at that moment had records accepted. */
  accepted(sent: Moment): void {
    this.#acceptedCallSent = Math.max(this.#acceptedCallSent, sent)
  }

  /** Whether a call was accepted that was sent after that moment: one sent before may tell of the time before. */
  acceptedSince(moment: Moment): boolean {
    return this.#acceptedCallSent > moment
  }

  refused(records: LaneRecords): void {
    const only = records.length === 1 ? records.at(0)?.id : undefined
    const before = this.#last && !this.acceptedSince(this.#last.at) ? this.#last : undefined
    this.#last = { at: this.now(), only: before === undefined || before.only === only ? only : undefined }
  }

  /** Whether nothing but this record was refused since a record was last accepted. */
  isOnly(id: MessageId): boolean {
    return this.#last?.only === id
  }
}
