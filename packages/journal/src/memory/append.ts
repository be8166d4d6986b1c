import { checksumOf } from '../checksum.ts'
import { encodeEntry } from '../entry.ts'
import type { AppendOutcome, AppendRequest } from '../port.ts'
import { START, toPosition } from '../position.ts'
import { addKeys, findKeys } from './keys.ts'
import { type Clock, partitionIn, type State } from './state.ts'

/** Appends a batch, or finds what an earlier try with the same append id did. */
export function append(state: State, clock: Clock, request: AppendRequest): AppendOutcome {
  const at = partitionIn(state, request.partition)
  const found = at.batches.find((batch) => batch.appendId === request.appendId)
  if (found) return { status: 'appended', firstPosition: found.firstPosition }
  if (request.configVersion !== at.configVersion) return { status: 'stale', configVersion: at.configVersion }
  const known = findKeys(state, clock, request.keys ?? [])
  if (known.length > 0) return { status: 'known', keys: known }
  addKeys(state, clock, request.keys ?? [])
  if (request.records.length === 0) return { status: 'appended', firstPosition: START }
  const { timeMaxMs, ...entry } = encodeEntry(request.records)
  const firstPosition = toPosition(at.head + 1)
  at.head = toPosition(at.head + request.records.length)
  at.batches.push({
    ...entry,
    partition: at.partition,
    firstPosition,
    lastPosition: at.head,
    appendId: request.appendId,
    previousAppendId: at.lastAppendId,
    floorTimeMs: at.lastTimeMs,
    committedAtMs: clock.nowMs(),
    recordCount: request.records.length,
    crc32: checksumOf(entry),
    setAsideRevision: undefined,
  })
  at.lastTimeMs = Math.max(at.lastTimeMs, timeMaxMs)
  at.lastAppendId = request.appendId
  return { status: 'appended', firstPosition }
}
