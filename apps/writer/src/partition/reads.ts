import type { Position } from '@roomlog/journal'
import type { Clock } from '../clock.ts'
import type { Mark } from '../lane/cycle.ts'
import type { Lane } from '../lane/lane.ts'
import type { Pins } from '../pins.ts'

/** Batches to read: after which one, and about how many bytes at most. */
export type NextRead = { readonly from: Mark; readonly bytesMax: number }

type Reader = Pick<Lane, 'next' | 'wants' | 'flows' | 'freeBytes' | 'recovering'>

export type ReadsOptions = {
  readonly lanes: ReadonlyMap<unknown, Reader>
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly pins: Pick<Pins, 'mayOverdraw'>
  readonly readBytesMax: number
}

const WAIT_FOR_OTHERS_MS = 1_000
const WAIT_UNWANTED_MS = 5_000
const READ_BYTES_MIN = 256 * 1024

/** Decides where in its partition a writer reads next. */
export class Reads {
  readonly #options: ReadsOptions
  #lastFrom = -1
  /** The last read at the frontier did not reach the head. */
  #isBehind = false
  #waitingSinceMs: number | undefined

  constructor(options: ReadsOptions) {
    this.#options = options
  }

  /**
   * The frontier, or where a lane that can take more stands. In turn, so that a lane that catches up does not keep the
   * others waiting.
   */
  next(frontier: Mark, head: Position): NextRead | undefined {
    const marks = frontier.position < head && !this.#waitsForOthers(frontier.position) ? [frontier] : []
    for (const lane of this.#options.lanes.values()) {
      const isElsewhere = lane.next.position !== frontier.position
      if (isElsewhere && lane.next.position < head && lane.wants()) marks.push(lane.next)
    }
    marks.sort((a, b) => a.position - b.position)
    const from = marks.find(({ position }) => position > this.#lastFrom) ?? marks[0]
    if (from === undefined) return undefined
    this.#lastFrom = from.position
    return { from, bytesMax: this.#bytesFor(from.position) }
  }

  /** While memory is full: what a lane needs to have its open cycle whole. */
  must(): NextRead | undefined {
    const { lanes, pins, readBytesMax } = this.#options
    for (const lane of lanes.values()) {
      if (lane.recovering && lane.wants() && pins.mayOverdraw(lane)) return { from: lane.next, bytesMax: readBytesMax }
    }
    return undefined
  }

  /** The frontier has moved on to there. */
  passed(frontier: Position, head: Position): void {
    this.#isBehind = frontier < head
    this.#waitingSinceMs = undefined
  }

  /**
   * Catching up, a lane that runs ahead of the others has every batch read once more for them. So the frontier waits for
   * those that flow and are behind it, or busy: not for long where a lane at the frontier waits with it, since a slow
   * destination must not hold up others; longer where it would be read for nobody but lanes that are not there yet.
   */
  #waitsForOthers(frontier: Position): boolean {
    const lanes = [...this.#options.lanes.values()]
    const isWaitedFor = (lane: Reader) => lane.flows && (lane.next.position < frontier || !lane.wants())
    if (!this.#isBehind || !lanes.some(isWaitedFor)) {
      this.#waitingSinceMs = undefined
      return false
    }
    const nowMs = this.#options.clock.monotonicMs()
    this.#waitingSinceMs ??= nowMs
    const isWanted = lanes.some((lane) => lane.next.position === frontier && lane.wants())
    return nowMs - this.#waitingSinceMs < (isWanted ? WAIT_FOR_OTHERS_MS : WAIT_UNWANTED_MS)
  }

  /** As much as all lanes that stand there can take. */
  #bytesFor(position: Position): number {
    const { lanes, readBytesMax } = this.#options
    let bytes = readBytesMax
    for (const lane of lanes.values()) {
      if (lane.next.position === position && lane.wants()) bytes = Math.min(bytes, lane.freeBytes)
    }
    return Math.min(Math.max(bytes, READ_BYTES_MIN), readBytesMax)
  }
}
