import { type MessageId, messageRecord, newId, type RoomId } from '@roomlog/domain'
import { toPosition } from '@roomlog/journal'
import type { Failure, FoundRun, Sink, SinkRecord } from '@roomlog/sinks'
import type { Attempted } from '../src/lane/attempt.ts'
import type { Tombstone } from '../src/lane/checkpoint.ts'
import type { Cycle, Delivery } from '../src/lane/delivery.ts'
import type { LaneRecord } from '../src/lane/record.ts'
import { type Part, Records } from '../src/lane/records.ts'
import { Refusals } from '../src/lane/refusals.ts'
import type { Dead } from '../src/lane/tally.ts'

export const LOST: Attempted = {
  status: 'unknown',
  failure: { class: 'network', name: 'ECONNRESET', message: 'lost', metric: 'LogDestinationErrors' },
}

/** A cycle of `count` records of one room, the first at position `from`. */
export function aCycle(
  count: number,
  { recovering = false, from = 1, roomId = anId() }: { recovering?: boolean; from?: number; roomId?: RoomId } = {},
): Cycle {
  const records = new Records()
  for (let n = 0; n < count; n++) records.add(aPart(roomId, from + n))
  return { to: { position: toPosition(from + count - 1), appendId: undefined }, records, recovering }
}

/** Answers writes and recalls from the script, `delivered` at its end, and keeps what was asked, in order. */
export function scriptedDelivery(script: {
  readonly writes?: readonly ((records: readonly LaneRecord[]) => Attempted)[]
  readonly recalls?: readonly ((records: readonly SinkRecord[]) => readonly SinkRecord[])[]
  readonly tombstones?: readonly Tombstone[]
  /** What each listing finds. */
  readonly runs?: readonly (readonly FoundRun[])[]
  readonly quietForMs?: number
  /** Asked with each refusal of one record: the one that a person has set aside by now. */
  readonly setAside?: () => MessageId | undefined
}) {
  const writes = [...(script.writes ?? [])]
  const recalls = [...(script.recalls ?? [])]
  const runs = [...(script.runs ?? [])]
  /** `write 1,2`, `recall 1` by position, `list 3-4` by tombstone, and `sleep 5000`. */
  const calls: string[] = []
  const buried: Dead[] = []
  const refusals = new Refusals()
  /** Why, at each hold. */
  const held: Failure[] = []
  let nowMs = 0
  const counted = { repeats: 0 }
  const note = (what: string, records: readonly SinkRecord[]) =>
    calls.push(`${what} ${records.map(({ position }) => position)}`)
  const delivery: Delivery = {
    sink: SINK,
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs, after: () => () => {} },
    settings: {
      objectBytesMax: 1_000_000,
      readBackAfterMs: 5_000,
      recoverAfterMs: 3_000,
      readBackAgainAfterMs: 1_000,
      resendAfterMs: 200,
    },
    ghosts: new Map(),
    tombstones: new Map((script.tombstones ?? []).map((tombstone) => [tombstone.first, tombstone])),
    async runsIn({ first, last }) {
      calls.push(`list ${first}-${last}`)
      return runs.shift() ?? []
    },
    async landed() {
      calls.push('landed')
      return true
    },
    async write(records) {
      const asked = [...records]
      note('write', asked)
      const sent = refusals.now()
      const answer = writes.shift()?.(asked) ?? { status: 'delivered' }
      if (answer.status === 'delivered') refusals.accepted(sent)
      if (answer.status === 'refused') refusals.refused(asked)
      return answer
    },
    async recall(records) {
      const asked = [...records]
      note('recall', asked)
      const found = recalls.shift()?.(asked) ?? []
      return new Set<MessageId>(found.map(({ id }) => id))
    },
    limited: (task) => task(),
    freshHead: async () => toPosition(100),
    quietForMs: () => script.quietForMs ?? 0,
    async aboutToSend() {
      calls.push('about to send')
      return true
    },
    bury: (dead) => buried.push(dead),
    refusals,
    isSetAside: async (id) => script.setAside?.() === id,
    async hold(_batch, why, times) {
      calls.push(`hold ${times}`)
      held.push(why)
      return true
    },
    release() {},
    countRepeatsPossible(records) {
      counted.repeats += records
    },
    outOfPatience: () => false,
    stopped: () => false,
    async sleep(ms) {
      calls.push(`sleep ${ms}`)
      return true
    },
  }
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { delivery, calls, buried, held, counted, refusals, pass }
}

const SINK: Sink = {
  kind: 'firehose',
  limits: { recordsMax: 500, bytesMax: 1e6, overheadBytes: 0, recordBytesMax: 1e6, spanMaxMs: 86_400_000 },
  write: () => Promise.reject(new Error('a delivery writes through its lane')),
  check: async () => ({ status: 'ok' }),
}

let drawn = 0

export function anId(): RoomId & MessageId {
  drawn++
  return newId((n) => Uint8Array.from({ length: n }, (_, i) => (drawn * 7 + i * 31) % 251))
}

function aPart(roomId: RoomId, firstPosition: number): Part {
  const timeMs = Date.UTC(2026, 0, 2) + firstPosition
  const sendTimeNs = BigInt(timeMs) * 1_000_000n
  const source = Buffer.from(messageRecord({ id: anId(), content: 'hi', sendTimeNs, sender: { userId: 'ann' } }))
  const columns = { room: Uint16Array.of(0), timeMs: Float64Array.of(timeMs), offset: Uint32Array.of(0, source.length) }
  return { count: 1, rooms: [roomId], ...columns, source, positions: toPosition(firstPosition) }
}
