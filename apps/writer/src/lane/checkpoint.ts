import type { Delivery, Mark } from './cycle.ts'

/** Up to where a lane is settled, and what keeps it from standing further on. */
export class Checkpoint {
  /** Objects met that end beyond their cycle: the checkpoint waits until the journal was read past them. */
  readonly ghosts: Delivery['ghosts'] = new Map()
  readonly #onPassed: (records: number) => void
  #at: Mark
  /** Records of settled cycles that a ghost keeps the checkpoint from passing. */
  #unpassed = 0

  /** `onPassed` is told how many records it passes: never before, or a cycle that is built again counts twice. */
  constructor(at: Mark, onPassed: (records: number) => void) {
    this.#at = at
    this.#onPassed = onPassed
  }

  get at(): Mark {
    return this.#at
  }

  /** By a ghost, which not all is read of yet. */
  get isHeldBack(): boolean {
    return this.ghosts.size > 0
  }

  /** A cycle up to `to` is settled. */
  settle(to: Mark, records: number): void {
    this.#unpassed += records
    if (!this.isHeldBack) this.#pass(to)
  }

  /** All that was read, up to `to`, is settled: ghosts up to there are of no more use. */
  settleAll(to: Mark): void {
    for (const [roomId, ghost] of this.ghosts) if (ghost.until <= to.position) this.ghosts.delete(roomId)
    if (!this.isHeldBack) this.#pass(to)
  }

  /** What was settled beyond it is built again from here. */
  startOver(): void {
    this.ghosts.clear()
    this.#unpassed = 0
  }

  #pass(to: Mark): void {
    this.#at = to
    if (this.#unpassed > 0) this.#onPassed(this.#unpassed)
    this.#unpassed = 0
  }
}
