import type { MessageId } from '@roomlog/domain'
import { nameOf } from './key-name.ts'
import type { NewRecord, RecordKey } from './port.ts'

export type Submission = Omit<NewRecord, 'destinations'> & {
  /** Makes it be recorded once, whoever asks for it again: within the room, and as long as keys are kept. */
  readonly once?: Pick<RecordKey, 'key' | 'hash' | 'sendTime'> | undefined
}

export type SubmitOutcome =
  /** Durable; or the room has no destination, so that there is nothing to keep. */
  | { readonly status: 'recorded' }
  /** Its key was given before, for the same: this is what was recorded then. Nothing more is. */
  | { readonly status: 'repeated'; readonly id: MessageId; readonly sendTime: string }
  /** Its key was given before, for something else. Not recorded. */
  | { readonly status: 'conflict' }
  /** The room does not exist any more. Not recorded. */
  | { readonly status: 'gone' }
  /** Too much is waiting already. Not recorded. */
  | { readonly status: 'overloaded' }
  /** The database cannot be used now. Not recorded. */
  | { readonly status: 'unavailable'; readonly reason: string }
  /** Recorded zero or one time. */
  | { readonly status: 'unknown'; readonly reason: string }

/** What was submitted together. */
export type Submitted = { settle(at: number, outcome: SubmitOutcome): void }
export type Waiting = { readonly record: Submission; readonly of: Submitted; readonly at: number }

export const RECORDED: SubmitOutcome = { status: 'recorded' }

/** The key of a record, as the journal has it. */
export function keyOf({ roomId, id, once }: Submission): RecordKey | undefined {
  return once && { roomId, id, ...once }
}

/** The name of a record's key, for maps. */
export function keyNameOf({ roomId, once }: Submission): string | undefined {
  return once && nameOf({ roomId, key: once.key })
}

/** What a record is answered whose key is known. */
export function outcomeOf({ id, once }: Submission, known: RecordKey): SubmitOutcome {
  // A try of its own, whose answer was lost.
  if (known.id === id) return RECORDED
  if (known.hash !== once?.hash) return { status: 'conflict' }
  return { status: 'repeated', id: known.id, sendTime: known.sendTime }
}
