/** How often what has happened. */
export class Census {
  readonly #times = new Map<string, number>()

  count(what: string, times = 1): void {
    this.#times.set(what, (this.#times.get(what) ?? 0) + times)
  }

  of(what: string): number {
    return this.#times.get(what) ?? 0
  }

  add(other: Census): void {
    for (const [what, times] of other.#times) this.count(what, times)
  }

  entries(): readonly (readonly [string, number])[] {
    return [...this.#times].sort(([a], [b]) => (a < b ? -1 : 1))
  }
}
