import type { DestinationVersionId } from '@roomlog/domain'
import type { HeldLease, Journal, LaneChange, LeaseToken, Partition, ProgressChange, Totals } from '../port.ts'
import { START } from '../position.ts'

/** Does what a writer of the partition would, settles `change` (if any) and gives the partition back. */
export async function asWriter(
  journal: Journal,
  { partition, token }: { readonly partition: Partition; readonly token: LeaseToken },
  work: Partial<Omit<ProgressChange, 'revision'>> | ((lease: HeldLease) => Promise<void>),
): Promise<void> {
  const lease = { partition, token }
  const loaded = await journal.acquire({ ...lease, writerId: 'test', ttlMs: 60_000 })
  if (loaded === 'taken') throw new Error(`partition ${partition} is another writer's`)
  if (typeof work === 'function') await work(lease)
  else {
    const change = { lanes: [], closed: [], deadLetters: [], totals: [], ...work, revision: loaded.revision }
    const outcome = await journal.settle(lease, change)
    if (outcome !== 'settled') throw new Error(`nothing was settled: ${outcome}`)
  }
  await journal.release([lease])
}

/** A lane that has settled nothing, and waits for a person. */
export function heldLane(destinationVersionId: DestinationVersionId, lastError: string): LaneChange {
  return {
    destinationVersionId,
    checkpoint: START,
    checkpointAppendId: undefined,
    intent: undefined,
    sending: false,
    state: 'held',
    lastError,
    nextProbeAtMs: undefined,
  }
}

/** Counts records as given up. */
export function givenUp(destinationVersionId: DestinationVersionId, records: number): Totals {
  return {
    destinationVersionId,
    delivered: 0,
    repeatsPossible: 0,
    dead: 0,
    givenUp: records,
    errors: { all: 0, accessDenied: 0, notFound: 0 },
    lastDeliveredAtMs: undefined,
    lastError: undefined,
  }
}
