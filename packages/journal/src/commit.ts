import type { DestinationVersionId, RoomId } from '@roomlog/domain'
import type { AppenderLimits, AppenderOptions } from './appender.ts'
import { nameOf } from './key-name.ts'
import type { AppendOutcome, AppendRequest, Journal, NewRecord, Partition, RecordKey } from './port.ts'
import { START as NOWHERE, toAppendId } from './position.ts'
import { reasonOf } from './reason.ts'
import { keyNameOf, keyOf, outcomeOf, RECORDED, type SubmitOutcome, type Waiting } from './submission.ts'

/** Where the records of rooms go. Every answer of one call holds at the one `configVersion` it names. */
export type Routes = {
  /** `atLeast`: what is known is older than that; look again. Rooms that do not exist are left out. */
  resolve(
    roomIds: readonly RoomId[],
    need: { readonly atLeast: number },
  ): Promise<{
    readonly configVersion: number
    readonly destinations: ReadonlyMap<RoomId, readonly DestinationVersionId[]>
  }>
}

const GONE: SubmitOutcome = { status: 'gone' }

/**
 * Takes one batch to the end: resolve, append, and again while destinations change, keys turn out to be known, or the outcome
 * is unknown.
 */
export async function commit(
  options: AppenderOptions,
  limits: AppenderLimits,
  partition: Partition,
  taken: readonly Waiting[],
): Promise<void> {
  let batch = taken
  let appendId = toAppendId(options.randomUUID())
  const deadlineMs = options.nowMs() + limits.giveUpAfterMs
  const settleAll = (outcome: SubmitOutcome) => {
    for (const { of, at } of batch) of.settle(at, outcome)
  }
  for (let atLeast = 0; ; ) {
    const routed = await route(options, batch, atLeast)
    if (routed.status === 'unavailable') return settleAll(routed)
    const outcome = await appendRouted(options, limits, { partition, appendId, ...routed }, deadlineMs)
    if (outcome.status === 'appended') {
      for (const item of batch) item.of.settle(item.at, routed.gone.has(item) ? GONE : RECORDED)
      return
    }
    if (outcome.status === 'known') {
      batch = withoutKnown(batch, outcome.keys)
      if (batch.length === 0) return
      // Whatever was sent gives a key that is known: it is not there and can never land any more. The rest is another append.
      appendId = toAppendId(options.randomUUID())
    } else if (outcome.status === 'stale') {
      // Whatever was sent names a version that is over: likewise.
      atLeast = outcome.configVersion
    } else return settleAll(outcome)
    if (options.nowMs() >= deadlineMs) {
      return settleAll({ status: 'unavailable', reason: 'logging configurations, or keys of calls, change too fast' })
    }
  }
}

/** Answers those whose key is known; returns the others. */
function withoutKnown(batch: readonly Waiting[], keys: readonly RecordKey[]): readonly Waiting[] {
  const known = new Map(keys.map((key) => [nameOf(key), key]))
  return batch.filter(({ record, of, at }) => {
    const name = keyNameOf(record)
    const before = name === undefined ? undefined : known.get(name)
    if (before) of.settle(at, outcomeOf(record, before))
    return before === undefined
  })
}

type Routed = {
  readonly status: 'routed'
  readonly configVersion: number
  readonly records: readonly NewRecord[]
  readonly keys: readonly RecordKey[]
  /** Whose room does not exist at `configVersion`. */
  readonly gone: ReadonlySet<Waiting>
}

async function route(
  { routes }: AppenderOptions,
  batch: readonly Waiting[],
  atLeast: number,
): Promise<Routed | { readonly status: 'unavailable'; readonly reason: string }> {
  const roomIds = [...new Set(batch.map(({ record }) => record.roomId))]
  try {
    const { configVersion, destinations } = await routes.resolve(roomIds, { atLeast })
    const records: NewRecord[] = []
    const keys: RecordKey[] = []
    const gone = new Set<Waiting>()
    for (const item of batch) {
      const { roomId, id, timeMs, bytes } = item.record
      const to = destinations.get(roomId)
      if (!to) {
        gone.add(item)
        continue
      }
      if (to.length > 0) records.push({ roomId, id, timeMs, destinations: to, bytes })
      // Also of a record that nobody gets: asked for again it must have the same answer.
      const key = keyOf(item.record)
      if (key) keys.push(key)
    }
    return { status: 'routed', configVersion, records, keys, gone }
  } catch (error) {
    return { status: 'unavailable', reason: reasonOf(error) }
  }
}

/**
 * Asks for the very same append until its outcome is known. Rooms are not resolved again in between: the first try may
 * have landed as it was sent, and the answers must be about that.
 */
async function appendRouted(
  options: AppenderOptions,
  limits: AppenderLimits,
  request: AppendRequest,
  deadlineMs: number,
): Promise<AppendOutcome> {
  if (request.records.length === 0 && request.keys?.length === 0) return checkVersion(options.journal, request)
  let unknown: AppendOutcome | undefined
  for (;;) {
    const outcome = await options.journal.append(request)
    if (outcome.status === 'appended' || outcome.status === 'stale' || outcome.status === 'known') return outcome
    // That this try left nothing says nothing about the one before.
    if (outcome.status === 'unavailable' && !unknown) return outcome
    unknown = outcome.status === 'unknown' ? outcome : unknown
    if (options.nowMs() >= deadlineMs) return unknown ?? outcome
    await options.sleep(limits.retryAfterMs)
  }
}

/** Nothing to keep, at the version in force, is as good as appended. */
async function checkVersion(journal: Journal, { partition, configVersion }: AppendRequest): Promise<AppendOutcome> {
  try {
    const current = await journal.configVersion(partition)
    if (current === configVersion) return { status: 'appended', firstPosition: NOWHERE }
    return { status: 'stale', configVersion: current }
  } catch (error) {
    return { status: 'unavailable', reason: reasonOf(error) }
  }
}
