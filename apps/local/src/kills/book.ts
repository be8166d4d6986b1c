import type { Span } from '../order.ts'

export type Fate = 'open' | 'acknowledged' | 'refused' | 'lost'

/** A record that somebody asked for: what destinations are held against. */
export type Entry = Span & {
  readonly roomId: string
  fate: Fate
  acknowledgedAt: number
  /** Once it is acknowledged. */
  id: string | undefined
}

/** Everything that was asked for, each under a number of its own that the record carries. */
export class Book {
  readonly entries: Entry[] = []
  readonly counts: Record<Fate, number> = { open: 0, acknowledged: 0, refused: 0, lost: 0 }
  #moment = 0

  /** Numbers of the records that are about to be asked for in one call, in its order. */
  ask(roomIds: readonly string[]): readonly number[] {
    this.#moment += 1
    const sentAt = this.#moment
    return roomIds.map((roomId) => {
      this.counts.open += 1
      return (
        this.entries.push({ roomId, sentAt, fate: 'open', acknowledgedAt: Number.POSITIVE_INFINITY, id: undefined }) - 1
      )
    })
  }

  acknowledge(number: number, id: string): void {
    this.#moment += 1
    const entry = this.#end(number, 'acknowledged')
    entry.acknowledgedAt = this.#moment
    entry.id = id
  }

  /** The api said no: it must be nowhere. */
  refuse(number: number): void {
    this.#end(number, 'refused')
  }

  /** Nobody said anything: it may be recorded, once. */
  lose(number: number): void {
    this.#end(number, 'lost')
  }

  #end(number: number, fate: Exclude<Fate, 'open'>): Entry {
    const entry = this.entries[number]
    if (entry === undefined || entry.fate !== 'open') throw new Error(`record ${number} has its answer already`)
    this.counts.open -= 1
    this.counts[fate] += 1
    entry.fate = fate
    return entry
  }
}
