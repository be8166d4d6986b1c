import type { Position } from '@roomlog/journal'
import type { Clock } from '../clock.ts'
import type { Lane } from '../lane/lane.ts'
import type { Mark } from '../lane/mark.ts'
import type { Pins } from '../pins.ts'

/** Batches to read: after which one, and about how many bytes at most. */
export type NextRead = {
  readonly from: Mark
  readonly bytesMax: number
  /** So far behind the head that it is read in turn with other partitions. */
  readonly catchesUp: boolean
  /** Also while memory is full: somebody can send nothing before it has all of a cycle. */
  readonly mayOverdraw: boolean
}

type Reader = Pick<Lane, 'next' | 'wants' | 'flows' | 'recovering'>

export type ReadsOptions = {
  readonly lanes: ReadonlyMap<unknown, Reader>
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly pins: Pick<Pins, 'mayOverdraw'>
  readonly readBytesMax: number
  /** What a lane should have waiting at most. */
  readonly laneBytesMax: () => number
  /** From how many records behind the head on reading is catching up. */
  readonly catchUpRecords: number
  /** False for a while where the next batch could not be read. */
  readonly mayRead: (at: Position) => boolean
}

const WAIT_FOR_OTHERS_MS = 3_000
const WAIT_UNWANTED_MS = 5_000

/** Decides where in its partition a writer reads next. */
export class Reads {
  readonly #options: ReadsOptions
  #lastFrom = -1
  #waiting: { readonly at: Position; readonly sinceMs: number } | undefined

  constructor(options: ReadsOptions) {
    this.#options = options
  }

  /**
   * The frontier, or where a lane that can take more stands. In turn, so that a lane that catches up does not keep the
   * others waiting. 'later' while lanes are busy with what was read last; undefined if there is nothing to read.
   */
  next(frontier: Mark, head: Position): NextRead | 'later' | undefined {
    const { lanes, readBytesMax, laneBytesMax, mayRead } = this.#options
    const isLater = this.#waitsForOthers(frontier.position, head)
    const marks = frontier.position < head && !isLater && mayRead(frontier.position) ? [frontier] : []
    for (const lane of lanes.values()) {
      const isElsewhere = lane.next.position !== frontier.position
      if (isElsewhere && lane.next.position < head && lane.wants() && mayRead(lane.next.position)) marks.push(lane.next)
    }
    marks.sort((a, b) => a.position - b.position)
    const from = marks.find(({ position }) => position > this.#lastFrom) ?? marks[0]
    if (from === undefined) return isLater ? 'later' : undefined
    this.#lastFrom = from.position
    return {
      from,
      bytesMax: Math.min(readBytesMax, laneBytesMax()),
      catchesUp: this.#isFar(from.position, head),
      mayOverdraw: false,
    }
  }

  /** While memory is full: what a lane needs to have its open cycle whole. */
  must(): NextRead | undefined {
    const { lanes, pins, readBytesMax, mayRead } = this.#options
    for (const lane of lanes.values()) {
      if (lane.recovering && lane.wants() && mayRead(lane.next.position) && pins.mayOverdraw(lane)) {
        return { from: lane.next, bytesMax: readBytesMax, catchesUp: false, mayOverdraw: true }
      }
    }
    return undefined
  }

  /**
   * Catching up, a lane that runs ahead of the others has every batch read once more for them. So the frontier waits for
   * those that flow and are behind it, or busy: not for long where a lane at the frontier waits with it, since a slow
   * destination must not hold up others; longer where it would be read for nobody but lanes that are not there yet.
   */
  #waitsForOthers(frontier: Position, head: Position): boolean {
    const lanes = [...this.#options.lanes.values()]
    const { mayRead } = this.#options
    const isWaitedFor = (lane: Reader) =>
      lane.flows && (lane.next.position < frontier ? mayRead(lane.next.position) : !lane.wants())
    if (!this.#isFar(frontier, head) || !lanes.some(isWaitedFor)) {
      this.#waiting = undefined
      return false
    }
    const nowMs = this.#options.clock.monotonicMs()
    if (this.#waiting?.at !== frontier) this.#waiting = { at: frontier, sinceMs: nowMs }
    const isWanted = lanes.some((lane) => lane.next.position === frontier && lane.wants())
    return nowMs - this.#waiting.sinceMs < (isWanted ? WAIT_FOR_OTHERS_MS : WAIT_UNWANTED_MS)
  }

  #isFar(from: Position, head: Position): boolean {
    return head - from >= this.#options.catchUpRecords
  }
}
