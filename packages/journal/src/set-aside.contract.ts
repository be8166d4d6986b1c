import { beforeEach, describe, expect, test } from 'vitest'
import { abandon, type JournalUnderTest } from './journal.contract.ts'
import { toPartition } from './partition.ts'
import type { AppendId, HeldLease, Journal } from './port.ts'
import { START, toPosition } from './position.ts'
import {
  ALL,
  aLane,
  append,
  aToken,
  batchesOf,
  type Change,
  lanesOf,
  readAll,
  records,
  recordsOf,
  settle,
  TIME_MS,
  versionId,
} from './samples.contract.ts'

const HERE = toPartition(0)
const THERE = toPartition(1)
const TTL_MS = 30_000
const NOTHING: Change = { lanes: [], closed: [], deadLetters: [], totals: [] }

/** What every journal promises of damage. */
export function describeSetAside(name: string, open: () => Promise<JournalUnderTest>): void {
  describe(`damage to a journal ${name}`, () => {
    let under: JournalUnderTest
    let journal: Journal
    let lease: HeldLease
    let appendIds: AppendId[]

    /** Batches 1 to 10, 11 to 20, 21 to 30, each for the versions 1 and 2. */
    beforeEach(async () => {
      under = await open()
      journal = under.journal
      appendIds = []
      for (let n = 0; n < 3; n++) {
        const batch = records(10, { destinations: [versionId(1), versionId(2)] })
        appendIds.push((await append(journal, HERE, batch)).appendId)
      }
      lease = { partition: HERE, token: aToken() }
      await journal.acquire({ ...lease, writerId: 'writer', ttlMs: TTL_MS })
    })

    const readAfter = (position: number, appendId?: AppendId) =>
      journal.read({ partition: HERE, after: toPosition(position), afterAppendId: appendId, bytesMax: 1_000_000 })

    const dispatch = (position: number, lanes: Readonly<Record<number, number>>) => {
      const idAt = (end: number) => appendIds[end / 10 - 1]
      return settle(journal, lease, {
        ...NOTHING,
        dispatched: { position: toPosition(position), appendId: idAt(position) },
        lanes: Object.entries(lanes).map(([id, end]) =>
          aLane({
            destinationVersionId: versionId(Number(id)),
            checkpoint: toPosition(end),
            checkpointAppendId: idAt(end),
            intent: toPosition(20),
          }),
        ),
      })
    }

    const givenUp = async () =>
      (await journal.totals(ALL)).map((at) => [at.destinationVersionId, at.givenUp]).filter(([, records]) => records)

    test.each(['index', 'bytes'] as const)(
      'one flipped bit in its %s: what stands before it is read, then it says so',
      async (part) => {
        await under.damage(HERE, 15, part)
        const before = batchesOf(await readAfter(0))
        expect(before.map(({ appendId }) => appendId)).toEqual([appendIds[0]])
        const damaged = { status: 'damaged', position: 11, reason: expect.any(String) }
        expect(await readAfter(10, appendIds[0])).toEqual(damaged)
        expect(await readAfter(14, appendIds[1])).toEqual(damaged)
        expect(batchesOf(await readAfter(20, appendIds[1]))).toHaveLength(1)
      },
    )

    test('a tombstone has the place of its batch, is read like any other, and holds no record', async () => {
      await under.damage(HERE, 15, 'bytes')
      const outcome = await under.setAside(HERE, 15)
      expect(outcome).toMatchObject({ status: 'set aside', first: 11, last: 20 })
      const batches = await readAll(journal, HERE)
      expect(batches.map((batch) => [batch.firstPosition, batch.lastPosition, batch.appendId])).toEqual([
        [1, 10, appendIds[0]],
        [11, 20, appendIds[1]],
        [21, 30, appendIds[2]],
      ])
      expect(batches.map(({ setAsideRevision }) => setAsideRevision)).toEqual([undefined, 2, undefined])
      expect(batches[1]?.counts).toEqual(new Map([1, 2].map((id) => [versionId(id), 10])))
      expect(recordsOf(batches)).toHaveLength(20)
      expect((await append(journal, HERE, records(1))).firstPosition).toBe(31)
    })

    test('what verifies is not set aside, whoever asks; nor what is not there, nor twice', async () => {
      expect(await under.setAside(HERE, 15)).toEqual({ status: 'whole' })
      expect(await under.setAside(HERE, 31)).toEqual({ status: 'nowhere' })
      expect(await under.setAside(THERE, 1)).toEqual({ status: 'nowhere' })
      await under.damage(HERE, 15, 'index')
      await under.setAside(HERE, 11)
      expect(await under.setAside(HERE, 20)).toEqual({ status: 'tombstone' })
      expect(await givenUp()).toEqual([
        [1, 10],
        [2, 10],
      ])
      expect(await readAll(journal, HERE)).toHaveLength(3)
    })

    test('it is given up by those who have not settled it, and counted once, also by retention', async () => {
      await dispatch(20, { 1: 10, 2: 20 })
      await under.damage(HERE, 15, 'bytes')
      expect(await under.setAside(HERE, 15)).toMatchObject({ givenUp: [{ destinationVersionId: 1, records: 10 }] })
      expect(await givenUp()).toEqual([[1, 10]])
      await append(journal, HERE, records(5, { timeMs: TIME_MS + 7_200_000 }))
      const { head = START, appendId } = (await journal.heads([HERE])).get(HERE) ?? {}
      await settle(journal, lease, { ...NOTHING, dispatched: { position: head, appendId } })
      expect(await journal.expire(lease, { keepMs: 1e9, bytesMax: 1 })).toEqual([
        { destinationVersionId: 1, records: 10 },
        { destinationVersionId: 2, records: 10 },
      ])
      expect(await givenUp()).toEqual([
        [1, 20],
        [2, 10],
      ])
    })

    test('a destination without a lane that is dispatched beyond it has settled it; a given up one counts nothing', async () => {
      await dispatch(20, {})
      await under.damage(HERE, 15, 'bytes')
      expect(await under.setAside(HERE, 15)).toMatchObject({ givenUp: [] })
      await abandon(under, [1])
      await under.damage(HERE, 25, 'bytes')
      expect(await under.setAside(HERE, 25)).toMatchObject({ givenUp: [{ destinationVersionId: 2, records: 10 }] })
    })

    test('progress that was made out before is lost, and later progress stands on the tombstone', async () => {
      await dispatch(10, { 1: 10 })
      await under.damage(HERE, 15, 'bytes')
      await under.setAside(HERE, 15)
      expect(await journal.settle(lease, { ...NOTHING, revision: 1 })).toBe('lost')
      expect((await journal.roll({ writerId: 'writer', ttlMs: TTL_MS, held: [lease] })).renewed).toEqual([
        { partition: HERE, revision: 3 },
      ])
      expect(await dispatch(20, { 1: 20 })).toBe('settled')
      await journal.release([lease])
      const progress = await journal.acquire({ ...lease, writerId: 'next', ttlMs: TTL_MS })
      expect(progress).toMatchObject({ dispatched: 20, dispatchedAppendId: appendIds[1], lanes: [{ checkpoint: 20 }] })
    })

    test('tombstones are trimmed with the rest', async () => {
      await under.damage(HERE, 15, 'bytes')
      await under.setAside(HERE, 15)
      await dispatch(30, {})
      await under.elapse(1_000)
      expect(await journal.trim(HERE, { keepMs: 500 })).toBe(30)
    })

    test('no hour ends at a batch that is damaged or set aside, and behind it one does', async () => {
      const later = { destinations: [versionId(1)], timeMs: TIME_MS + 7_200_000 }
      await append(journal, HERE, records(10, later))
      await append(journal, HERE, records(10, { ...later, timeMs: TIME_MS + 14_400_000 }))
      const { head = START, appendId } = (await journal.heads([HERE])).get(HERE) ?? {}
      await settle(journal, lease, {
        ...NOTHING,
        dispatched: { position: head, appendId },
        lanes: [aLane({ checkpoint: START })],
      })
      await under.damage(HERE, 31, 'bytes')
      const checkpoint = async () => (await lanesOf(journal, lease))[0]?.checkpoint
      await journal.expire(lease, { keepMs: 1e9, bytesMax: 1 })
      expect(await checkpoint()).toBe(40)
    })

    test('trouble is reported by who holds the lease, loaded by the next, and ended by setting it aside', async () => {
      const trouble = async () => (await journal.backlog([versionId(1)]))[0]?.trouble
      const words = { position: toPosition(11), words: 'damaged' }
      await journal.report({ ...lease, token: aToken() }, words)
      expect(await trouble()).toBeUndefined()
      await journal.report(lease, words)
      expect(await trouble()).toBe('damaged')
      await journal.release([lease])
      const progress = await journal.acquire({ ...lease, writerId: 'next', ttlMs: TTL_MS })
      expect(progress).toMatchObject({ troubleAt: 11 })
      await under.damage(HERE, 11, 'bytes')
      await under.setAside(HERE, 11)
      expect(await trouble()).toBeUndefined()
      await journal.report(lease, words)
      await journal.report(lease, undefined)
      expect(await trouble()).toBeUndefined()
    })
  })
}
