type Sleeper = { readonly atMs: number; readonly order: number; readonly wake: () => void; cancelled: boolean }

/** Time that moves only when told to, in the order of what waits for it. */
export class SimulatedTime {
  /** Shortly before an hour ends, and with it S3 objects and what retention gives up at once. */
  nowMs = Date.UTC(2026, 0, 2, 3, 59, 40)
  /** A binary heap, the next one to wake first. */
  readonly #sleepers: Sleeper[] = []
  #order = 0

  /** Calls `wake` once `ms` have passed; returns how to call that off. */
  after(ms: number, wake: () => void): () => void {
    const sleeper = { atMs: this.nowMs + Math.max(0, ms), order: this.#order++, wake, cancelled: false }
    this.#push(sleeper)
    return () => {
      sleeper.cancelled = true
    }
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve)
    })
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms
    await settled()
    for (let next = this.#sleepers[0]; next && next.atMs <= untilMs; next = this.#sleepers[0]) {
      this.#pop()
      if (next.cancelled) continue
      this.nowMs = next.atMs
      next.wake()
      await settled()
    }
    this.nowMs = untilMs
  }

  #push(sleeper: Sleeper): void {
    const heap = this.#sleepers
    let at = heap.length
    heap.push(sleeper)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above]
      if (!parent || before(parent, sleeper)) break
      heap[at] = parent
      at = above
    }
    heap[at] = sleeper
  }

  #pop(): void {
    const heap = this.#sleepers
    const last = heap.pop()
    if (!last || heap.length === 0) return
    let at = 0
    for (;;) {
      const left = heap[2 * at + 1]
      const right = heap[2 * at + 2]
      const child = right && left && before(right, left) ? right : left
      if (!child || before(last, child)) break
      heap[at] = child
      at = child === left ? 2 * at + 1 : 2 * at + 2
    }
    heap[at] = last
  }
}

function before(a: Sleeper, b: Sleeper): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

/** All promises that can go on without time passing have gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
