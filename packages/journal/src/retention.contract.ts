import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { JournalUnderTest } from './journal.contract.ts'
import { toPartition } from './partition.ts'
import type { AppendId, HeldLease, Journal, NewRecord } from './port.ts'
import { START, toPosition } from './position.ts'
import { HOUR_MS } from './retention.ts'
import {
  ALL,
  aLane,
  append,
  aRecord,
  aToken,
  batchesOf,
  type Change,
  lanesOf,
  records,
  settle,
  someTotals,
  TIME_MS,
  totalsOf,
  versionId,
} from './samples.contract.ts'

const HERE = toPartition(0)
const KEEP_MS = 7 * 24 * HOUR_MS
const AMPLE = 1_000_000_000
const LIMITS = { keepMs: KEEP_MS, bytesMax: AMPLE }
const NOTHING: Change = { lanes: [], closed: [], deadLetters: [], totals: [] }
const FIRST_HOUR_MS = Math.floor(TIME_MS / HOUR_MS) * HOUR_MS

/** What every journal promises of retention. */
export function describeRetention(name: string, open: () => Promise<JournalUnderTest>): void {
  describe(`retention of a journal ${name}`, () => {
    let under: JournalUnderTest
    let journal: Journal
    let lease: HeldLease
    let appendIds: AppendId[]

    beforeEach(async () => {
      under = await open()
      journal = under.journal
      appendIds = []
      lease = { partition: HERE, token: aToken() }
      await journal.acquire({ ...lease, writerId: 'writer', ttlMs: 100 * KEEP_MS })
    })

    /** A batch in the given hour of the day. */
    const appendAt = async (hour: number, batch: readonly NewRecord[]) => {
      const timeMs = FIRST_HOUR_MS + hour * HOUR_MS
      const { appendId } = await append(
        journal,
        HERE,
        batch.map((record) => ({ ...record, timeMs: Math.max(record.timeMs, timeMs) })),
      )
      appendIds.push(appendId)
    }

    // Random, so that packing them takes nothing off their size.
    const early = (count: number, to: readonly number[], bytes = 100) =>
      records(count, { timeMs: 0, destinations: to.map(versionId) }).map((one) => ({
        ...one,
        bytes: randomBytes(bytes),
      }))

    const dispatch = (position: number, change: Partial<Change> = {}) => {
      const dispatched = { position: toPosition(position), appendId: appendIds[Math.ceil(position / 10) - 1] }
      return settle(journal, lease, { ...NOTHING, dispatched, ...change })
    }

    const lane = (id: number, position: number, state: 'flowing' | 'retrying' | 'held') =>
      aLane({
        destinationVersionId: versionId(id),
        checkpoint: toPosition(position),
        checkpointAppendId: appendIds[position / 10 - 1],
        state,
      })

    const checkpoints = async () =>
      (await lanesOf(journal, lease)).map(({ destinationVersionId, checkpoint }) => [destinationVersionId, checkpoint])

    /** Two batches that are too old and two that are not, an hour each. */
    const fourHours = async () => {
      await appendAt(0, [...early(4, [1, 2]), ...early(6, [2])])
      await appendAt(1, [...early(3, [1]), ...early(7, [2])])
      await under.elapse(KEEP_MS)
      await appendAt(2, early(10, [1, 2]))
      await appendAt(3, early(10, [1, 2]))
    }

    test('a dead lane gives up what is too old, counted exactly; nobody else loses anything', async () => {
      await fourHours()
      await dispatch(40, { lanes: [lane(1, 0, 'held'), lane(2, 0, 'flowing')] })
      expect(await journal.expire(lease, LIMITS)).toEqual([{ destinationVersionId: 1, records: 7 }])
      expect(await lanesOf(journal, lease)).toMatchObject([
        { destinationVersionId: 1, checkpoint: 20, checkpointAppendId: appendIds[1] },
        { destinationVersionId: 2, checkpoint: 0 },
      ])
      expect(await journal.troubles(ALL)).toMatchObject([{ destinationVersionId: 1, state: 'held' }])
      expect(await totalsOf(journal)).toEqual([someTotals({ givenUp: 7 })])
      expect(await journal.expire(lease, LIMITS)).toEqual([])
    })

    test('counts add up to what was there before', async () => {
      await fourHours()
      await dispatch(40, { lanes: [lane(1, 0, 'retrying')], totals: [someTotals({ delivered: 5, givenUp: 3 })] })
      await journal.expire(lease, LIMITS)
      expect(await journal.totals(ALL)).toMatchObject([{ delivered: 5, givenUp: 10 }])
    })

    test('a lane that drains, and a destination without a lane, lose nothing to age', async () => {
      await fourHours()
      await dispatch(40, { lanes: [lane(2, 10, 'flowing')] })
      expect(await journal.expire(lease, LIMITS)).toEqual([])
      await dispatch(40, { closed: [versionId(2)] })
      expect(await journal.expire(lease, LIMITS)).toEqual([])
      expect(await journal.totals(ALL)).toEqual([])
    })

    test('a lane in trouble that has delivered something of late drains too', async () => {
      await fourHours()
      const lastDeliveredAtMs = Date.UTC(2100, 0)
      await dispatch(40, { lanes: [lane(1, 0, 'retrying')], totals: [someTotals({ delivered: 5, lastDeliveredAtMs })] })
      expect(await journal.expire(lease, LIMITS)).toEqual([])
      expect(await checkpoints()).toEqual([[1, 0]])
    })

    test('what another lane still waits for stays; then it can be trimmed', async () => {
      await fourHours()
      await dispatch(40, { lanes: [lane(1, 0, 'held'), lane(2, 0, 'flowing')] })
      await journal.expire(lease, LIMITS)
      expect(await journal.trim(HERE, { keepMs: 1_000 })).toBe(0)
      const read = () => journal.read({ partition: HERE, after: START, afterAppendId: undefined, bytesMax: AMPLE })
      expect(batchesOf(await read())).toHaveLength(4)
      await dispatch(40, { closed: [versionId(2)] })
      expect(await journal.trim(HERE, { keepMs: 1_000 })).toBe(20)
    })

    test('only whole hours go: nothing while the hour of the oldest goes on', async () => {
      await appendAt(0, early(10, [1]))
      await under.elapse(KEEP_MS)
      await appendAt(0, early(10, [1]))
      await dispatch(20, { lanes: [lane(1, 0, 'held')] })
      expect(await journal.expire(lease, LIMITS)).toEqual([])
      expect(await journal.expire(lease, { ...LIMITS, bytesMax: 1 })).toEqual([])
      await appendAt(1, early(10, [1]))
      await under.elapse(KEEP_MS)
      expect(await journal.expire(lease, LIMITS)).toEqual([{ destinationVersionId: 1, records: 20 }])
    })

    test('a batch in whose midst the hour changes is no end of an hour', async () => {
      await appendAt(0, early(10, [1]))
      await appendAt(0, [...early(5, [1]), ...early(5, [1]).map((r) => ({ ...r, timeMs: FIRST_HOUR_MS + HOUR_MS }))])
      await appendAt(1, early(10, [1]))
      await appendAt(2, early(10, [1]))
      await under.elapse(KEEP_MS)
      await dispatch(40, { lanes: [lane(1, 0, 'held')] })
      expect(await journal.expire(lease, LIMITS)).toEqual([{ destinationVersionId: 1, records: 30 }])
      expect(await checkpoints()).toEqual([[1, 30]])
    })

    test('what is not dispatched is given up by nobody', async () => {
      await fourHours()
      await dispatch(10, { lanes: [lane(1, 0, 'held')] })
      await under.elapse(KEEP_MS)
      expect(await journal.expire(lease, LIMITS)).toEqual([{ destinationVersionId: 1, records: 4 }])
      expect(await journal.expire(lease, { keepMs: 0, bytesMax: 1 })).toEqual([])
    })

    test('what weighs too much goes, the oldest first, for whatever lane stands there', async () => {
      for (const hour of [0, 1, 2, 3]) await appendAt(hour, early(10, [1, 2, 3], 1_000))
      await dispatch(40, { lanes: [lane(1, 0, 'flowing'), lane(2, 10, 'held'), lane(3, 20, 'flowing')] })
      expect(await journal.expire(lease, { ...LIMITS, bytesMax: 50_000 })).toEqual([])
      expect(await journal.expire(lease, { ...LIMITS, bytesMax: 25_000 })).toEqual([
        { destinationVersionId: 1, records: 20 },
        { destinationVersionId: 2, records: 10 },
      ])
      expect(await checkpoints()).toEqual([
        [1, 20],
        [2, 20],
        [3, 20],
      ])
    })

    test('batches that all have settled weigh nothing', async () => {
      for (const hour of [0, 1, 2, 3]) await appendAt(hour, early(10, [1], 1_000))
      await dispatch(40, { lanes: [lane(1, 20, 'held')] })
      expect(await journal.expire(lease, { ...LIMITS, bytesMax: 25_000 })).toEqual([])
      await dispatch(40, { closed: [versionId(1)] })
      expect(await journal.expire(lease, { ...LIMITS, bytesMax: 1 })).toEqual([])
    })

    test('a lost lease gives up nothing', async () => {
      await fourHours()
      await dispatch(40, { lanes: [lane(1, 0, 'held')] })
      expect(await journal.expire({ ...lease, token: aToken() }, LIMITS)).toEqual([])
      expect(await checkpoints()).toEqual([[1, 0]])
    })

    test('progress that was made out before is lost, and later progress goes on', async () => {
      await fourHours()
      await dispatch(40, { lanes: [lane(1, 0, 'held')] })
      const change = { ...NOTHING, lanes: [lane(1, 10, 'held')], totals: [someTotals({ delivered: 4 })] }
      expect(await journal.expire(lease, LIMITS)).toHaveLength(1)
      expect(await journal.settle(lease, { ...change, revision: 1 })).toBe('lost')
      expect(await journal.totals(ALL)).toMatchObject([{ delivered: 0, givenUp: 7 }])
      expect(await settle(journal, lease, { ...NOTHING, lanes: [lane(1, 30, 'flowing')] })).toBe('settled')
      expect(await checkpoints()).toEqual([[1, 30]])
    })

    test('what nothing was given up of is settled at the revision that stood', async () => {
      await fourHours()
      await dispatch(40, { lanes: [lane(1, 20, 'held')] })
      expect(await journal.expire(lease, LIMITS)).toEqual([])
      expect(await journal.settle(lease, { ...NOTHING, revision: 1 })).toBe('settled')
    })

    test('an open cycle that is given up is closed; one that reaches beyond stays open', async () => {
      await fourHours()
      await dispatch(40, {
        lanes: [
          { ...lane(1, 0, 'held'), intent: toPosition(20) },
          { ...lane(2, 0, 'held'), intent: toPosition(30) },
        ],
      })
      await journal.expire(lease, LIMITS)
      await journal.release([lease])
      const progress = await journal.acquire({ ...lease, writerId: 'next', ttlMs: 1_000 })
      expect(progress).toMatchObject({
        lanes: [
          { checkpoint: 20, intent: undefined },
          { checkpoint: 20, intent: 30 },
        ],
      })
    })

    test('a lane whose records all lie behind moves on, and has given up none', async () => {
      await appendAt(0, early(10, [2]))
      await under.elapse(KEEP_MS)
      await appendAt(1, [...early(9, [2]), aRecord({ timeMs: 0 })])
      await dispatch(20, { lanes: [lane(1, 0, 'held')] })
      expect(await journal.expire(lease, LIMITS)).toEqual([{ destinationVersionId: 1, records: 0 }])
      expect(await checkpoints()).toEqual([[1, 10]])
    })
  })
}
