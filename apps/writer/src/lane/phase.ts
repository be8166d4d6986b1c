import type { LaneChange, Position } from '@roomlog/journal'
import type { Cycle } from './delivery.ts'
import type { Gather } from './gather.ts'

/** A cycle that was cut, with the memory that its records are in. */
export type Cut = Cycle & { readonly gather: Gather }

export type Recovering = {
  readonly is: 'recovering'
  /** Where the cycle ends that an earlier life left open: nothing can be cut before all of it is gathered. */
  readonly intent: Position
  /** False while it waits to be read back: nothing is sent for it. */
  readonly isSending: boolean
}
export type Gathering = { readonly is: 'gathering' }

/** What a lane is doing; exactly one of these. */
export type Phase =
  | Recovering
  | Gathering
  /** `intent`: its end is written down, since its calls cannot be repeated. */
  | { readonly is: 'delivering'; readonly cycle: Cut; readonly intent: Position | undefined; isSending: boolean }
  /** Has let go of all memory, and reads again from the checkpoint after the wait that the trouble asks for. */
  | { readonly is: 'pausing'; readonly then: Recovering | Gathering }
  /** Runs no more, and the next writer's lane finds what it wrote down. */
  | { readonly is: 'ended'; readonly as: Exclude<Phase, { is: 'ended' }>; readonly isUnfinished: boolean }

export const GATHERING: Gathering = { is: 'gathering' }

/** What a lane does again whose cycle was dropped. */
export function beforeCut(phase: Phase): Recovering | Gathering {
  if (phase.is !== 'delivering' || !phase.cycle.recovering || phase.intent === undefined) return GATHERING
  return { is: 'recovering', intent: phase.intent, isSending: phase.isSending }
}

/** Whether calls of a cycle may have been sent that is not settled, as the row says it to the next writer. */
export function sentBy(phase: Phase): Pick<LaneChange, 'intent' | 'sending'> {
  switch (phase.is) {
    case 'gathering':
      return { intent: undefined, sending: true }
    case 'recovering':
    case 'delivering':
      return { intent: phase.intent, sending: phase.isSending }
    case 'pausing':
      return sentBy(phase.then)
    case 'ended':
      return sentBy(phase.as)
  }
}
