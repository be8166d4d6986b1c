import type { DestinationVersionId } from '@roomlog/domain'
import type { Journal, Partition, SetAsideOutcome, Transaction } from './port.ts'
import { versionId } from './samples.contract.ts'

/** A journal with at least 2 partitions, empty, whose destination versions 1 to 3 exist. */
export type JournalUnderTest = {
  readonly journal: Journal
  /** Whoever else writes to the database does it so. */
  transaction(work: (transaction: Transaction) => Promise<void>): Promise<void>
  /** What the control plane does beside `abandon`, in its tables. */
  markAbandoned(transaction: Transaction, versions: readonly DestinationVersionId[]): Promise<void>
  /** What the process believes from now on: the database's clock, off by so much; not sure of it, if so said. */
  believe(aheadMs: number, sure?: boolean): void
  /** Lets time pass. */
  elapse(ms: number): Promise<void>
  /** Flips a bit of the batch that holds the position. */
  damage(partition: Partition, position: number, part: 'index' | 'bytes'): Promise<void>
  /** What the operator's command does. */
  setAside(partition: Partition, position: number): Promise<SetAsideOutcome>
  /** Keeps the state of now; the answer goes back to it. */
  backup(): Promise<() => Promise<void>>
}

/** Changes where records go. */
export function changeConfig({ journal, transaction }: JournalUnderTest): Promise<void> {
  return transaction((open) => journal.announce(open))
}

/** Gives up what destination versions have not got yet. */
export function abandon({ journal, transaction, markAbandoned }: JournalUnderTest, ids: readonly number[]) {
  return transaction(async (open) => {
    await journal.abandon(open, ids.map(versionId))
    await markAbandoned(open, ids.map(versionId))
  })
}
