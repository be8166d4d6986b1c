/** What was acknowledged, by room in the order of the acknowledgements: what every destination must hold. */
export class Ledger {
  /** `payload.Id`s of each room (by room id). */
  readonly rooms = new Map<string, string[]>()
  readonly refusals: string[] = []
  #acknowledged = 0

  get acknowledged(): number {
    return this.#acknowledged
  }

  record(roomId: string, id: string): void {
    const ids = this.rooms.get(roomId)
    if (ids === undefined) this.rooms.set(roomId, [id])
    else ids.push(id)
    this.#acknowledged += 1
  }

  refuse(what: string): void {
    this.refusals.push(what)
  }
}
