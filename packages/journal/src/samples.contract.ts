import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { DestinationVersionId, MessageId, newId, type RoomId } from '@roomlog/domain'
import { type Appender, createAppender } from './appender.ts'
import { partitionOf, toPartition } from './partition.ts'
import type {
  AppendId,
  AppendOutcome,
  HeldLease,
  Journal,
  JournalBatch,
  KeptLetter,
  LaneChange,
  LeaseToken,
  LoadedLane,
  NewRecord,
  Partition,
  Position,
  ProgressChange,
  ReadOutcome,
  Totals,
} from './port.ts'
import { positionOf, START, toAppendId, toLeaseToken } from './position.ts'

// What tests of the journal are made of.

export const TIME_MS = 1_900_000_000_000

export function anId(): RoomId & MessageId {
  return newId(randomBytes)
}

export function anAppendId(): AppendId {
  return toAppendId(randomUUID())
}

export function aToken(): LeaseToken {
  return toLeaseToken(randomUUID())
}

export function versionId(value: number): DestinationVersionId {
  return DestinationVersionId.parse(value)
}

/** A room that hashes to the partition. */
export function aRoomIn(partition: Partition, partitions: number): RoomId {
  for (;;) {
    const room = anId()
    if (partitionOf(room, partitions) === partition) return room
  }
}

/** In front of a record's id, which is of 12 characters. */
const BEFORE_ID = '{"payload":{"Id":"'
/** A record's bytes up to and with its id. */
export const ID_BYTES = BEFORE_ID.length + 12

/** A record whose bytes are its id and, behind it, `rest`. */
export function aRecord({
  rest,
  ...given
}: Partial<Omit<NewRecord, 'bytes'>> & { readonly rest?: Uint8Array } = {}): NewRecord {
  const id = given.id ?? anId()
  const bytes = Buffer.concat([Buffer.from(`${BEFORE_ID}${id}`), rest ?? Buffer.from('"}}\n')])
  return { roomId: anId(), id, timeMs: TIME_MS, destinations: [versionId(1)], bytes, ...given }
}

export function records(count: number, given: Parameters<typeof aRecord>[0] = {}): readonly NewRecord[] {
  return Array.from({ length: count }, () => aRecord(given))
}

/** An appender by the real clock, for which every room has destination version 1. */
export function appenderOn(journal: Journal): Appender {
  return createAppender({
    journal,
    routes: {
      resolve: async (rooms) => ({
        configVersion: await journal.configVersion(toPartition(0)),
        destinations: new Map(rooms.map((room) => [room, [versionId(1)]])),
      }),
    },
    randomUUID,
    nowMs: () => performance.now(),
    sleep: (ms) => sleep(ms),
  })
}

/** Appends at the version in force. */
export async function append(
  journal: Journal,
  partition: Partition,
  batch: readonly NewRecord[],
  appendId: AppendId = anAppendId(),
): Promise<{ readonly firstPosition: Position; readonly appendId: AppendId }> {
  const configVersion = await journal.configVersion(partition)
  const { firstPosition } = appended(await journal.append({ partition, appendId, configVersion, records: batch }))
  return { firstPosition, appendId }
}

export function appended(outcome: AppendOutcome): { readonly firstPosition: Position } {
  if (outcome.status !== 'appended') throw new Error(`not appended: ${JSON.stringify(outcome)}`)
  return outcome
}

/** Everything after `after`, read in as many calls as it takes. */
export async function readAll(journal: Journal, partition: Partition): Promise<readonly JournalBatch[]> {
  const all: JournalBatch[] = []
  for (;;) {
    const last = all.at(-1)
    const from = { partition, after: last?.lastPosition ?? START, afterAppendId: last?.appendId, bytesMax: 1_000_000 }
    const batches = batchesOf(await journal.read(from))
    if (batches.length === 0) return all
    all.push(...batches)
  }
}

export function batchesOf(outcome: ReadOutcome): readonly JournalBatch[] {
  if (outcome.status !== 'read') throw new Error(`not read: ${JSON.stringify(outcome)}`)
  return outcome.batches
}

/** The records of batches as plain values; the id is the one in the record's bytes. */
export function recordsOf(batches: readonly JournalBatch[]) {
  return batches.flatMap((batch) =>
    [...batch.room].map((room, i) => {
      const text = batch.bytes.toString('utf8', batch.offset[i], batch.offset[i + 1])
      return {
        position: positionOf(batch.firstPosition, i),
        roomId: batch.rooms[room],
        id: MessageId.parse(text.slice(BEFORE_ID.length, ID_BYTES)),
        timeMs: batch.timeMs[i],
        destinations: batch.sets[batch.set[i] ?? -1],
        text,
      }
    }),
  )
}

export function aLane(given: Partial<LaneChange> & Pick<LaneChange, 'checkpoint'>): LaneChange {
  return {
    destinationVersionId: versionId(1),
    checkpointAppendId: undefined,
    intent: undefined,
    sending: true,
    state: 'flowing',
    lastError: undefined,
    nextProbeAtMs: undefined,
    ...given,
  }
}

export function someTotals(given: Partial<Totals> = {}): Totals {
  return {
    destinationVersionId: versionId(1),
    delivered: 0,
    repeatsPossible: 0,
    dead: 0,
    givenUp: 0,
    errors: { all: 0, accessDenied: 0, notFound: 0 },
    lastDeliveredAtMs: undefined,
    lastError: undefined,
    ...given,
  }
}

/** Lanes as whoever takes the partition next finds them; the lease goes on. */
export async function lanesOf(journal: Journal, lease: HeldLease): Promise<readonly LoadedLane[]> {
  await journal.release([lease])
  const progress = await journal.acquire({ ...lease, writerId: 'looker', ttlMs: 30_000 })
  if (progress === 'taken') throw new Error('the partition is taken')
  return progress.lanes
}

/** Of the destination versions 1 to 3. */
export const ALL = [1, 2, 3].map(versionId)

export function lettersOf(journal: Journal): Promise<readonly KeptLetter[]> {
  return journal.letters({ from: ALL, after: '0', lettersMax: 100 })
}

/** Counters without their times. */
export async function totalsOf(journal: Journal): Promise<readonly Totals[]> {
  return (await journal.totals(ALL)).map(({ lastErrorAtMs: _, ...totals }) => totals)
}

/** Progress without the revision that it follows. */
export type Change = Omit<ProgressChange, 'revision'>

/** Takes a partition that nobody holds. */
export async function takeLease(journal: Journal, partition: Partition = toPartition(0), ttlMs = 30_000) {
  const lease: HeldLease = { partition, token: aToken() }
  const progress = await journal.acquire({ ...lease, writerId: 'writer', ttlMs })
  if (progress === 'taken') throw new Error('taken')
  return { lease, progress }
}

/** Settles on top of whatever stands. */
export async function settle(journal: Journal, lease: HeldLease, change: Change): Promise<'settled' | 'lost'> {
  const { renewed } = await journal.roll({ writerId: 'settler', ttlMs: 30_000, held: [lease] })
  return journal.settle(lease, { ...change, revision: renewed[0]?.revision ?? 0 })
}
