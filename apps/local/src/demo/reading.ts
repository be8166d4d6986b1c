import { z } from 'zod'

const Record = z.object({
  event_timestamp: z.string(),
  type: z.enum(['MESSAGE', 'EVENT']),
  payload: z.object({ Id: z.string(), SendTime: z.string() }),
  version: z.literal('1.0'),
})

/** A destination as it was read back. */
export type Reading = {
  /** The places that were looked into, for people. */
  readonly where: string
  /** Ids by room, in the order in which the destination has them. */
  readonly rooms: ReadonlyMap<string, readonly string[]>
  /** From `SendTime` to when the record could be read, of each record. */
  readonly delaysMs: readonly number[]
  /** The first records, as they stand there. */
  readonly first: readonly string[]
}

const FIRST_RECORDS = 2

/** Collects a reading, record by record. */
export class ReadingBuilder {
  readonly #rooms = new Map<string, string[]>()
  readonly #delaysMs: number[] = []
  readonly #first: string[] = []

  /** `line` is a record's JSON; `room` names its room, or finds it by the record's Id. */
  add(line: string, room: string | ((id: string) => string), visibleAtMs: number): void {
    const { payload } = Record.parse(JSON.parse(line))
    const roomId = typeof room === 'string' ? room : room(payload.Id)
    const ids = this.#rooms.get(roomId)
    if (ids === undefined) this.#rooms.set(roomId, [payload.Id])
    else ids.push(payload.Id)
    // Stores tell their time in whole seconds or milliseconds, cut off: a record is never there before it was sent.
    this.#delaysMs.push(Math.max(0, visibleAtMs - Date.parse(payload.SendTime)))
    if (this.#first.length < FIRST_RECORDS) this.#first.push(line)
  }

  get records(): number {
    return this.#delaysMs.length
  }

  reading(where: string): Reading {
    return { where, rooms: this.#rooms, delaysMs: this.#delaysMs, first: this.#first }
  }
}
