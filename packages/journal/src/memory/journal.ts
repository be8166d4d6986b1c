import { BATCH_BYTES_MAX } from '../batch-size.ts'
import { toPartition } from '../partition.ts'
import type { Journal, Partition, SetAsideOutcome } from '../port.ts'
import { isSure, type JournalTime, timeToUse } from '../time/journal-time.ts'
import { append } from './append.ts'
import { abandon, backlog, drained } from './backlog.ts'
import { expire } from './expire.ts'
import { healTime } from './heal-time.ts'
import { findKeys, forgetKeys } from './keys.ts'
import { acquire, release, report, roll, writers } from './lease.ts'
import { countLetters, discard, letters } from './letters.ts'
import { heads, read } from './read.ts'
import { redrive } from './redrive.ts'
import { damage, setAside } from './set-aside.ts'
import { settle } from './settle.ts'
import {
  type Clock,
  copyState,
  emptyState,
  type PartitionState,
  type PartitionTotals,
  partitionIn,
  type State,
  type StoredLetter,
} from './state.ts'
import { totals, troubles } from './totals.ts'
import { trim } from './trim.ts'

/** What the journal holds now; a copy. */
export type MemoryJournalContents = {
  readonly partitions: readonly PartitionState[]
  readonly deadLetters: readonly (StoredLetter & { readonly partition: Partition })[]
  readonly totals: readonly PartitionTotals[]
}

export type MemoryJournal = Journal & {
  /** What `announce` does; returns the new version. */
  bumpConfigVersion(): number
  /** Flips a bit of the batch that holds the position; false if there is none. */
  damage(partition: Partition, position: number, part: 'index' | 'bytes'): boolean
  /** What the operator's command does. `exists`: whether there is such a destination version. */
  setAside(partition: Partition, position: number, exists: (id: number) => boolean): SetAsideOutcome
  inspect(): MemoryJournalContents
  /** The state of now, for `restore`. */
  snapshot(): State
  /** Goes back to an older state, as a database restored from a backup does. */
  restore(snapshot: State): void
}

/**
 * The journal in memory: the executable spec, for tests and simulations. Each call is one atomic step. `clock` is the
 * database's; `time` what the processes believe.
 */
export function createMemoryJournal(options: {
  readonly partitions: number
  readonly clock: { nowMs(): number }
  readonly time?: JournalTime | undefined
}): MemoryJournal {
  const { partitions, time } = options
  const databaseMs = () => options.clock.nowMs()
  const clock: Clock = { nowMs: () => timeToUse(databaseMs(), time), sure: () => isSure(databaseMs(), time) }
  let state = emptyState(Array.from({ length: partitions }, (_, n) => toPartition(n)))
  return {
    partitions,
    batchBytesMax: BATCH_BYTES_MAX,
    append: async (request) => append(state, clock, request),
    findKeys: async (names) => findKeys(state, clock, names),
    forgetKeys: async () => forgetKeys(state, clock),
    configVersion: async (partition) => partitionIn(state, partition).configVersion,
    announce: async () => void bumpConfigVersion(state, clock),
    probe: async () => {},
    heads: async (wanted) => heads(state, wanted),
    read: async (from) => read(state, from),
    // Here all are of one version.
    signIn: async () => ({ allKnowKeys: true }),
    roll: async (writer) => roll(state, clock, writer),
    acquire: async (lease) => acquire(state, clock, lease),
    release: async (leases) => release(state, leases),
    signOut: async (writerId) => void state.writers.delete(writerId),
    settle: async (lease, change) => settle(state, clock, lease, change),
    report: async (lease, trouble) => report(state, lease, trouble),
    expire: async (lease, limits) => expire(state, clock, lease, limits),
    redrive: async (request) => redrive(state, clock, request),
    healTime: async (partition, how) => healTime(state, clock, partition, how),
    trim: async (partition, limits) => trim(state, clock, partition, limits),
    backlog: async (versions) => backlog(state, clock, versions),
    drained: async (versions) => drained(state, versions),
    abandon: async (_, versions) => abandon(state, versions),
    troubles: async (versions) => troubles(state, versions),
    totals: async (versions) => totals(state, versions),
    letters: async (chosen) => letters(state, chosen),
    countLetters: async (from) => countLetters(state, from),
    discard: async (chosen) => discard(state, chosen),
    writers: async () => writers(state, clock),
    bumpConfigVersion: () => bumpConfigVersion(state, clock),
    damage: (partition, position, part) => damage(state, partition, position, part),
    setAside: (partition, position, exists) => setAside(state, partition, position, exists),
    inspect: () => inspect(state),
    snapshot: () => copyState(state),
    restore: (snapshot) => {
      state = copyState(snapshot)
    },
  }
}

// Also by the clock, so that a version is never given out again after a restore.
function bumpConfigVersion(state: State, clock: Clock): number {
  const next = Math.max(Math.floor(clock.nowMs()), ...state.partitions.map((at) => at.configVersion + 1))
  for (const at of state.partitions) at.configVersion = next
  return next
}

function inspect(state: State): MemoryJournalContents {
  const { partitions } = copyState(state)
  return {
    partitions,
    deadLetters: partitions.flatMap(({ partition, deadLetters }) =>
      deadLetters.map((letter) => ({ ...letter, partition })),
    ),
    totals: partitions.flatMap(({ totals }) => [...totals.values()]),
  }
}
