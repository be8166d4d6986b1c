import type { AppendId, JournalBatch, Position } from '@roomlog/journal'

/** A position that ends a batch, and that batch. */
export type Mark = { readonly position: Position; readonly appendId: AppendId | undefined }

/** Whether an earlier life may have sent calls of a cycle that is not settled. */
export function isOpen(lane: { readonly checkpoint: Position; readonly intent: Position | undefined }): boolean {
  return lane.intent !== undefined && lane.intent > lane.checkpoint
}

/** Whether a reader that stands at `at` takes the batch next. Inside a tombstone nothing is passed over. */
export function isNext({ previousEnd, lastPosition, setAsideRevision }: JournalBatch, at: Position): boolean {
  return at === previousEnd || (setAsideRevision !== undefined && at > previousEnd && at < lastPosition)
}
