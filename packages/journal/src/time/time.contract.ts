import { beforeEach, describe, expect, test } from 'vitest'
import type { JournalUnderTest } from '../journal.contract.ts'
import { toPartition } from '../partition.ts'
import type { HeldLease, Journal } from '../port.ts'
import { START, toPosition } from '../position.ts'
import { HOUR_MS } from '../retention.ts'
import {
  aLane,
  anAppendId,
  append,
  aRecord,
  aToken,
  batchesOf,
  type Change,
  lanesOf,
  readAll,
  records,
  recordsOf,
  settle,
  versionId,
} from '../samples.contract.ts'

const HERE = toPartition(0)
const TTL_MS = 30_000
const JUMP_MS = 26 * HOUR_MS
const NOTHING: Change = { lanes: [], closed: [], deadLetters: [], totals: [] }

/** What every journal promises while the database's clock says something else than its process believes. */
export function describeTime(name: string, open: () => Promise<JournalUnderTest>): void {
  describe(`the time of a journal ${name}`, () => {
    let under: JournalUnderTest
    let journal: Journal

    beforeEach(async () => {
      under = await open()
      journal = under.journal
    })

    const acquire = async (lease: HeldLease = { partition: HERE, token: aToken() }, ttlMs = TTL_MS) => {
      const progress = await journal.acquire({ ...lease, writerId: 'writer', ttlMs })
      return progress === 'taken' ? progress : { lease, progress }
    }
    const held = async () => {
      const acquired = await acquire()
      return acquired === 'taken' ? expect.fail('the partition is taken') : acquired.lease
    }
    const roll = (heldLeases: readonly HeldLease[], writerId = 'writer') =>
      journal.roll({ writerId, ttlMs: TTL_MS, held: heldLeases })
    /** The last of the records, committed now. */
    const committedAtMs = async () => (await readAll(journal, HERE)).at(-1)?.committedAtMs ?? Number.NaN
    /** What the database says, told by a commit that believes it. */
    const databaseMs = async () => {
      under.believe(0)
      await append(journal, HERE, records(1))
      return committedAtMs()
    }

    const settledAndOld = async () => {
      const { appendId } = await append(journal, HERE, records(3))
      const lease = await held()
      await settle(journal, lease, { ...NOTHING, dispatched: { position: toPosition(3), appendId } })
      await under.elapse(11 * 60_000)
      return lease
    }

    test.each([
      ['is ahead', -JUMP_MS, true],
      ['is behind', JUMP_MS, true],
      ['is doubted', 0, false],
    ] as const)('nothing is trimmed while the database %s', async (_, aheadMs, sure) => {
      await settledAndOld()
      under.believe(aheadMs, sure)
      expect(await journal.trim(HERE, { keepMs: 60_000 })).toBe(0)
      under.believe(0)
      expect(await journal.trim(HERE, { keepMs: 60_000 })).toBe(3)
    })

    test.each([
      ['is ahead', -JUMP_MS, true],
      ['is doubted', 0, false],
    ] as const)('nothing is given up while the database %s', async (_, aheadMs, sure) => {
      const at = { destinations: [versionId(1)] }
      await append(journal, HERE, records(2, { ...at, timeMs: 0 }))
      const { appendId } = await append(journal, HERE, records(2, { ...at, timeMs: HOUR_MS }))
      const lease = await held()
      const lanes = [aLane({ checkpoint: START, state: 'held' })]
      await settle(journal, lease, { ...NOTHING, lanes, dispatched: { position: toPosition(4), appendId } })
      await under.elapse(2 * HOUR_MS)
      const limits = { keepMs: HOUR_MS, bytesMax: 1e9 }
      under.believe(aheadMs, sure)
      expect(await journal.expire(lease, limits)).toEqual([])
      expect(await journal.expire(lease, { ...limits, bytesMax: 1 })).toEqual([])
      under.believe(0)
      expect(await journal.expire(lease, limits)).toEqual([{ destinationVersionId: 1, records: 2 }])
    })

    test('a batch is committed at the believed time, so that it is neither young for ever nor old at once', async () => {
      const nowMs = await databaseMs()
      for (const aheadMs of [-JUMP_MS, JUMP_MS]) {
        under.believe(aheadMs)
        await append(journal, HERE, records(1))
        expect(Math.abs((await committedAtMs()) - (nowMs + aheadMs))).toBeLessThan(10_000)
      }
    })

    test('a redrive takes the believed time', async () => {
      const nowMs = await databaseMs()
      const [given] = recordsOf(await readAll(journal, HERE))
      if (given?.roomId === undefined) return expect.fail('there is a record')
      const { roomId, id, position } = given
      const letter = { ...aRecord({ roomId, id }), position, reason: 'refused' }
      const deadLetters = [{ ...letter, destinationVersionId: versionId(1) }]
      await settle(journal, await held(), { ...NOTHING, deadLetters })
      // Ahead, since a partition's time does not fall.
      const believedMs = Math.max(nowMs, given.timeMs ?? 0) + JUMP_MS
      under.believe(believedMs - nowMs)
      const configVersion = await journal.configVersion(HERE)
      const request = { from: [versionId(1)], to: versionId(2), letterIds: undefined, lettersMax: 1, configVersion }
      await journal.redrive({ ...request, newAppendId: anAppendId })
      const sent = recordsOf(await readAll(journal, HERE)).at(-1)
      expect(Math.abs((sent?.timeMs ?? 0) - believedMs)).toBeLessThan(10_000)
    })

    test.each([
      ['is ahead', -JUMP_MS, true],
      ['is doubted', 0, false],
    ] as const)('a lease that looks expired is not taken over while the database %s', async (_, aheadMs, sure) => {
      await held()
      await under.elapse(TTL_MS + 1)
      under.believe(aheadMs, sure)
      expect((await roll([])).free).not.toContain(HERE)
      expect(await acquire()).toBe('taken')
      under.believe(0)
      expect((await roll([])).free).toContain(HERE)
      expect(await acquire()).not.toBe('taken')
    })

    test('what was given back is taken all the same', async () => {
      await journal.release([await held()])
      under.believe(-JUMP_MS)
      expect((await roll([])).free).toContain(HERE)
      expect(await acquire()).not.toBe('taken')
    })

    test('a lease is extended by the believed time: a jump that was short does not keep a partition from everyone', async () => {
      const lease = await held()
      under.believe(-JUMP_MS)
      expect((await roll([lease])).renewed).toHaveLength(1)
      under.believe(0)
      expect((await roll([], 'other')).free).toContain(HERE)
    })

    test('nor does one that a time was believed for which was wrong: no lease lasts for hours', async () => {
      under.believe(JUMP_MS)
      await held()
      await roll([])
      under.believe(0)
      const { free, writers } = await roll([], 'other')
      expect(free).toContain(HERE)
      expect(writers).toBe(1)
    })

    test('how long a dead writer has been quiet is not known while the clocks disagree', async () => {
      const { appendId } = await append(journal, HERE, records(3))
      const lease = await held()
      const lanes = [aLane({ checkpoint: START, intent: toPosition(3), sending: true })]
      await settle(journal, lease, { ...NOTHING, lanes, dispatched: { position: toPosition(3), appendId } })
      const quietForMs = async (aheadMs: number) => {
        under.believe(aheadMs)
        const acquired = await acquire()
        if (acquired === 'taken') return expect.fail('the partition is taken')
        await journal.release([acquired.lease])
        return acquired.progress.lanes[0]?.quietForMs ?? Number.NaN
      }
      await journal.release([lease])
      await quietForMs(0)
      await under.elapse(5_000)
      expect(await quietForMs(-JUMP_MS)).toBe(0)
      expect(await quietForMs(JUMP_MS)).toBe(0)
      expect(await quietForMs(0)).toBeGreaterThanOrEqual(5_000)
    })

    describe('that was left ahead', () => {
      const poison = async () => {
        const nowMs = await databaseMs()
        await append(journal, HERE, [aRecord({ timeMs: nowMs + JUMP_MS })])
        return nowMs
      }
      const timesMs = async () => recordsOf(await readAll(journal, HERE)).map(({ timeMs }) => timeMs ?? 0)

      test('is healed: records have their own time again, and those before keep theirs', async () => {
        const nowMs = Math.floor(await poison())
        const before = await timesMs()
        const healing = await journal.healTime(HERE, { dryRun: false })
        expect(healing.status).toBe('healed')
        expect(healing.aheadMs).toBeGreaterThan(0)
        await append(journal, HERE, [aRecord({ timeMs: nowMs + 60_000 }), aRecord({ timeMs: nowMs + 50_000 })])
        expect(await timesMs()).toEqual([...before, nowMs + 60_000, nowMs + 60_000])
        expect((await journal.healTime(toPartition(1), { dryRun: false })).status).toBe('right')
      })

      test('never falls below the time of its healing', async () => {
        const nowMs = await poison()
        await journal.healTime(HERE, { dryRun: false })
        await append(journal, HERE, [aRecord({ timeMs: 1 })])
        expect((await timesMs()).at(-1)).toBeGreaterThanOrEqual(Math.floor(nowMs))
      })

      test('is left alone by a dry run, and while nobody is sure of the time', async () => {
        await poison()
        expect((await journal.healTime(HERE, { dryRun: true })).status).toBe('ahead')
        under.believe(0, false)
        expect((await journal.healTime(HERE, { dryRun: false })).status).toBe('unsure')
        under.believe(-JUMP_MS)
        expect((await journal.healTime(HERE, { dryRun: false })).status).toBe('unsure')
        under.believe(0)
        expect((await journal.healTime(HERE, { dryRun: true })).status).toBe('ahead')
      })

      test('ends an hour for retention where it falls', async () => {
        const nowMs = await poison()
        await journal.healTime(HERE, { dryRun: false })
        const { firstPosition, appendId } = await append(journal, HERE, [aRecord({ timeMs: nowMs })])
        const lease = await held()
        const lanes = [aLane({ checkpoint: START, state: 'held' })]
        await settle(journal, lease, { ...NOTHING, lanes, dispatched: { position: firstPosition, appendId } })
        while ((await journal.expire(lease, { keepMs: 1e12, bytesMax: 1 })).length > 0);
        const [lane] = await lanesOf(journal, lease)
        expect(lane?.checkpoint).toBe(firstPosition - 1)
        const from = { partition: HERE, after: toPosition(firstPosition - 1), bytesMax: 1_000 }
        expect(batchesOf(await journal.read({ ...from, afterAppendId: lane?.checkpointAppendId }))).toHaveLength(1)
      })
    })
  })
}
