import { beforeEach, describe, expect, test } from 'vitest'
import { abandon, type JournalUnderTest } from './journal.contract.ts'
import { toPartition } from './partition.ts'
import type { AppendId, DeadLetter, Journal, Partition } from './port.ts'
import { START, toPosition } from './position.ts'
import {
  ALL,
  aLane,
  anId,
  append,
  aToken,
  type Change,
  lanesOf,
  lettersOf,
  records,
  settle,
  someTotals,
  TIME_MS,
  takeLease,
  totalsOf,
  versionId,
} from './samples.contract.ts'

const HERE = toPartition(0)
const THERE = toPartition(1)
const TTL_MS = 30_000
const NOTHING: Change = { lanes: [], closed: [], deadLetters: [], totals: [] }

/** What every journal promises of who works it and what was delivered. */
export function describeLedger(name: string, open: () => Promise<JournalUnderTest>): void {
  describe(`a journal ${name}`, () => {
    let under: JournalUnderTest
    let journal: Journal

    beforeEach(async () => {
      under = await open()
      journal = under.journal
    })

    const acquire = (partition?: Partition, ttlMs?: number) => takeLease(journal, partition, ttlMs)
    const held = async () => (await acquire()).lease

    describe('leases', () => {
      test('of writers that reach for a partition at once, one gets it', async () => {
        const tries = await Promise.all(
          ['a', 'b', 'c', 'd'].map((writerId) =>
            journal.acquire({ partition: HERE, token: aToken(), writerId, ttlMs: TTL_MS }),
          ),
        )
        expect(tries.filter((progress) => progress !== 'taken')).toHaveLength(1)
      })

      test('a lease that was not renewed can be taken, and its holder loses', async () => {
        const lost = await held()
        await under.elapse(TTL_MS + 1)
        const { lease } = await acquire()
        const change = { ...NOTHING, lanes: [aLane({ checkpoint: START })], totals: [someTotals({ delivered: 1 })] }
        expect(await settle(journal, lost, change)).toBe('lost')
        expect(await lanesOf(journal, lease)).toEqual([])
        expect([await lettersOf(journal), await journal.totals(ALL)]).toEqual([[], []])
        expect((await journal.roll({ writerId: 'old', ttlMs: TTL_MS, held: [lost] })).renewed).toEqual([])
        expect(await settle(journal, lease, change)).toBe('settled')
      })

      test('a renewed lease stays', async () => {
        const lease = await held()
        await under.elapse(TTL_MS - 1_000)
        expect((await journal.roll({ writerId: 'writer', ttlMs: TTL_MS, held: [lease] })).renewed).toEqual([
          { partition: HERE, revision: 0 },
        ])
        await under.elapse(TTL_MS - 1_000)
        await expect(acquire()).rejects.toThrow('taken')
      })

      test('a lease that ran out but was not taken is renewed, and not called free to its holder', async () => {
        const lease = await held()
        await under.elapse(TTL_MS + 1)
        const roll = await journal.roll({ writerId: 'writer', ttlMs: TTL_MS, held: [lease] })
        expect(roll.renewed).toEqual([{ partition: HERE, revision: 0 }])
        expect(roll.free).not.toContain(HERE)
        expect((await journal.roll({ writerId: 'other', ttlMs: TTL_MS, held: [] })).free).not.toContain(HERE)
      })

      test('the roll tells what is free and how many writers are alive', async () => {
        await held()
        const roll = (writerId: string, ttlMs = TTL_MS) => journal.roll({ writerId, ttlMs, held: [] })
        const first = await roll('a')
        expect(first.writers).toBe(1)
        expect(first.free).not.toContain(HERE)
        expect(first.free).toHaveLength(journal.partitions - 1)
        expect(await roll('b', 2 * TTL_MS)).toMatchObject({ writers: 2, rank: 1 })
        expect(await roll('a')).toMatchObject({ writers: 2, rank: 0 })
        await under.elapse(TTL_MS + 1)
        const later = await roll('c')
        expect(later.writers).toBe(2)
        expect(later.free).toHaveLength(journal.partitions)
        expect(await journal.writers()).toBe(2)
        // An api is in the roll too, and takes no share.
        await journal.signIn({ apiId: '0-api', ttlMs: 2 * TTL_MS })
        expect(await journal.writers()).toBe(2)
        expect(await roll('c')).toMatchObject({ writers: 2, rank: 1 })
        await journal.signOut('b')
        expect((await roll('c')).writers).toBe(1)
        await under.elapse(TTL_MS + 1)
        expect(await journal.writers()).toBe(0)
      })

      test('release frees at once, and only what the token holds', async () => {
        const lease = await held()
        await journal.release([{ ...lease, token: aToken() }])
        await expect(acquire()).rejects.toThrow('taken')
        await journal.release([lease])
        const again = await held()
        await journal.release([lease])
        expect(await settle(journal, again, NOTHING)).toBe('settled')
        expect(await settle(journal, lease, NOTHING)).toBe('lost')
      })
    })

    describe('progress', () => {
      test('a takeover reads what its rival settled last', async () => {
        const { appendId } = await append(journal, HERE, records(5))
        const dispatched = { position: toPosition(5), appendId }
        const lane = aLane({ checkpoint: toPosition(2), checkpointAppendId: appendId, intent: toPosition(4) })
        await settle(journal, await held(), { ...NOTHING, dispatched, lanes: [lane] })
        await under.elapse(TTL_MS + 1)
        expect((await acquire()).progress).toEqual({
          partition: HERE,
          revision: 1,
          dispatched: 5,
          dispatchedAppendId: appendId,
          trimmed: 0,
          lanes: [
            {
              destinationVersionId: versionId(1),
              checkpoint: 2,
              checkpointAppendId: appendId,
              intent: toPosition(4),
              quietForMs: expect.any(Number),
            },
          ],
        })
      })

      test('a partition never worked starts at its beginning', async () => {
        expect((await acquire()).progress).toEqual({
          partition: HERE,
          revision: 0,
          dispatched: 0,
          dispatchedAppendId: undefined,
          trimmed: 0,
          lanes: [],
        })
      })

      test('checkpoints and dispatched never move back', async () => {
        const early = (await append(journal, HERE, records(3))).appendId
        const late = (await append(journal, HERE, records(4))).appendId
        const lease = await held()
        const change = (position: number, appendId: AppendId): Change => ({
          ...NOTHING,
          dispatched: { position: toPosition(position), appendId },
          lanes: [aLane({ checkpoint: toPosition(position), checkpointAppendId: appendId, state: 'retrying' })],
        })
        await settle(journal, lease, change(7, late))
        expect(await settle(journal, lease, change(3, early))).toBe('settled')
        await settle(journal, lease, NOTHING)
        await journal.release([lease])
        const { progress } = await acquire()
        expect(progress).toMatchObject({ dispatched: 7, dispatchedAppendId: late })
        expect(progress.lanes).toMatchObject([{ checkpoint: 7, checkpointAppendId: late }])
      })

      test('progress over batches that a restored database lacks is lost, though the token is the same', async () => {
        await append(journal, HERE, records(2))
        const lease = await held()
        const restore = await under.backup()
        const { appendId } = await append(journal, HERE, records(3))
        await restore()
        await append(journal, HERE, records(3))
        const change = { ...NOTHING, lanes: [aLane({ checkpoint: START })], totals: [someTotals({ delivered: 5 })] }
        expect(await settle(journal, lease, { ...change, dispatched: { position: toPosition(5), appendId } })).toBe(
          'lost',
        )
        expect(await lanesOf(journal, lease)).toEqual([])
        expect([await lettersOf(journal), await journal.totals(ALL)]).toEqual([[], []])
        expect(await settle(journal, lease, change)).toBe('settled')
      })

      test('how long nobody can be sending for an intent runs on through takeovers, until somebody sends again', async () => {
        const quietFor = async () => {
          await under.elapse(TTL_MS + 1)
          const { lease, progress } = await acquire()
          return { lease, quietForMs: progress.lanes[0]?.quietForMs ?? Number.NaN }
        }
        const lane = aLane({ checkpoint: START, intent: toPosition(4) })
        await settle(journal, await held(), { ...NOTHING, lanes: [lane] })
        expect((await quietFor()).quietForMs).toBeLessThan(5_000)
        const waiting = await quietFor()
        expect(waiting.quietForMs).toBeGreaterThanOrEqual(TTL_MS)
        await settle(journal, waiting.lease, { ...NOTHING, lanes: [{ ...lane, sending: false }] })
        expect((await quietFor()).quietForMs).toBeGreaterThanOrEqual(2 * TTL_MS)
        const again = await quietFor()
        await settle(journal, again.lease, { ...NOTHING, lanes: [lane] })
        expect((await quietFor()).quietForMs).toBeLessThan(5_000)
      })

      test('a change asked for twice is made once, and one that follows an older revision is lost', async () => {
        const lease = await held()
        const change = { ...NOTHING, totals: [someTotals({ delivered: 5 })] }
        expect(await journal.settle(lease, { ...change, revision: 0 })).toBe('settled')
        const restore = await under.backup()
        expect(await journal.settle(lease, { ...change, revision: 0 })).toBe('settled')
        expect(await journal.totals(ALL)).toMatchObject([{ delivered: 5 }])
        expect(await journal.settle(lease, { ...change, revision: 1 })).toBe('settled')
        expect(await journal.settle(lease, { ...change, revision: 0 })).toBe('lost')
        await restore()
        expect(await journal.settle(lease, { ...change, revision: 2 })).toBe('lost')
      })

      test('progress goes on over a batch that is trimmed already', async () => {
        const { appendId } = await append(journal, HERE, records(2))
        const lease = await held()
        const change = { ...NOTHING, dispatched: { position: toPosition(2), appendId } }
        await settle(journal, lease, change)
        await under.elapse(1_000)
        expect(await journal.trim(HERE, { keepMs: 500 })).toBe(2)
        expect(await settle(journal, lease, change)).toBe('settled')
      })

      test('lanes open, change their state and close', async () => {
        const lease = await held()
        const held2 = aLane({
          destinationVersionId: versionId(2),
          checkpoint: START,
          state: 'held',
          lastError: 'AccessDenied',
          nextProbeAtMs: TIME_MS,
        })
        await settle(journal, lease, { ...NOTHING, lanes: [aLane({ checkpoint: START }), held2] })
        const { destinationVersionId, state, lastError, nextProbeAtMs } = held2
        expect(await journal.troubles(ALL)).toEqual([{ destinationVersionId, state, lastError, nextProbeAtMs }])
        expect((await lanesOf(journal, lease)).map((lane) => lane.destinationVersionId)).toEqual([1, 2])
        await settle(journal, lease, {
          ...NOTHING,
          lanes: [aLane({ destinationVersionId: versionId(2), checkpoint: START })],
          closed: [versionId(1)],
        })
        expect((await lanesOf(journal, lease)).map((lane) => lane.destinationVersionId)).toEqual([2])
        expect(await journal.troubles(ALL)).toEqual([])
      })

      test('a destination version that was given up gets no lane', async () => {
        await abandon(under, [2])
        const lease = await held()
        await settle(journal, lease, {
          ...NOTHING,
          lanes: [aLane({ checkpoint: START }), aLane({ destinationVersionId: versionId(2), checkpoint: START })],
        })
        expect((await lanesOf(journal, lease)).map((lane) => lane.destinationVersionId)).toEqual([1])
      })

      test('a destination version that nobody knows keeps its lane, and is counted', async () => {
        const unknown = versionId(2 ** 31 - 1)
        const lease = await held()
        const change = {
          lanes: [aLane({ destinationVersionId: unknown, checkpoint: START, state: 'held' })],
          totals: [someTotals({ destinationVersionId: unknown, errors: { all: 1, accessDenied: 0, notFound: 0 } })],
        }
        expect(await settle(journal, lease, { ...NOTHING, ...change })).toBe('settled')
        expect((await lanesOf(journal, lease)).map((lane) => lane.destinationVersionId)).toEqual([unknown])
        expect(await journal.totals([unknown])).toMatchObject([{ errors: { all: 1 } }])
      })

      test('a dead letter is kept once, with its bytes', async () => {
        const lease = await held()
        const letter: DeadLetter = {
          destinationVersionId: versionId(1),
          position: toPosition(4),
          roomId: anId(),
          id: anId(),
          reason: 'older than 14 days',
          bytes: Buffer.from([0, 10, 255, 127]),
        }
        const other = { ...letter, destinationVersionId: versionId(2) }
        await settle(journal, lease, { ...NOTHING, deadLetters: [letter] })
        await settle(journal, lease, { ...NOTHING, deadLetters: [letter, other] })
        const kept = ({ position: _, ...shown }: DeadLetter) => ({
          ...shown,
          letterId: expect.stringMatching(/^\d+$/),
          buriedAtMs: expect.any(Number),
        })
        expect(await lettersOf(journal)).toEqual([kept(letter), kept(other)])
      })

      test('totals add up over the partitions, for each destination version', async () => {
        const lease = await held()
        const there = (await acquire(THERE)).lease
        const errors = { all: 3, accessDenied: 2, notFound: 1 }
        const first = someTotals({
          delivered: 5,
          dead: 1,
          errors,
          lastDeliveredAtMs: TIME_MS,
          lastError: 'AccessDenied',
        })
        const second = someTotals({
          delivered: 2,
          repeatsPossible: 4,
          givenUp: 6,
          errors,
          lastDeliveredAtMs: TIME_MS - 1,
        })
        await settle(journal, lease, {
          ...NOTHING,
          totals: [first, someTotals({ destinationVersionId: versionId(2) })],
        })
        await settle(journal, lease, { ...NOTHING, totals: [second] })
        await settle(journal, there, { ...NOTHING, totals: [someTotals({ delivered: 9 })] })
        const totals = await totalsOf(journal)
        expect(totals).toHaveLength(2)
        expect(totals).toContainEqual({
          destinationVersionId: versionId(1),
          delivered: 16,
          repeatsPossible: 4,
          dead: 1,
          givenUp: 6,
          errors: { all: 6, accessDenied: 4, notFound: 2 },
          lastDeliveredAtMs: TIME_MS,
          lastError: 'AccessDenied',
        })
        expect(totals).toContainEqual(someTotals({ destinationVersionId: versionId(2) }))
      })
    })

    describe('what is owed', () => {
      const backlog = async () =>
        (await journal.backlog(ALL)).map(({ destinationVersionId, records }) => [destinationVersionId, records])

      /** Six records to 1, of them four in the first batch; two to 2; all in the first partition but one to 1. */
      const owe = async () => {
        const { appendId } = await append(journal, HERE, [
          ...records(2, { destinations: [versionId(1)] }),
          ...records(2, { destinations: [versionId(1), versionId(2)] }),
        ])
        await append(journal, HERE, records(1, { destinations: [versionId(1)] }))
        await append(journal, THERE, records(1, { destinations: [versionId(1)] }))
        return { position: toPosition(4), appendId }
      }

      test('is what no lane has settled, whether it is dispatched or not, with the age of the oldest', async () => {
        expect(await journal.backlog(ALL)).toEqual([])
        const dispatched = await owe()
        expect(await backlog()).toEqual([
          [1, 6],
          [2, 2],
        ])
        await under.elapse(5_000)
        for (const { lagMs } of await journal.backlog(ALL)) {
          expect(lagMs).toBeGreaterThanOrEqual(5_000)
          expect(lagMs).toBeLessThan(300_000)
        }
        const lease = await held()
        await settle(journal, lease, { ...NOTHING, dispatched, lanes: [aLane({ checkpoint: START })] })
        expect(await backlog()).toEqual([[1, 6]])
        // Half of the batch: of what goes to the version there is no telling which.
        await settle(journal, lease, { ...NOTHING, lanes: [aLane({ checkpoint: toPosition(2) })] })
        expect(await backlog()).toEqual([[1, 4]])
        await settle(journal, lease, { ...NOTHING, closed: [versionId(1)] })
        expect(await backlog()).toEqual([[1, 2]])
      })

      test('a version has drained once it has no lane, and nothing for it stands behind what is dispatched', async () => {
        const dispatched = await owe()
        expect(await journal.drained(ALL)).toEqual([3])
        const lease = await held()
        await settle(journal, lease, { ...NOTHING, dispatched, lanes: [aLane({ checkpoint: toPosition(4) })] })
        expect(await journal.drained(ALL)).toEqual([2, 3])
        const { head = START, appendId } = (await journal.heads([HERE])).get(HERE) ?? {}
        await settle(journal, lease, { ...NOTHING, dispatched: { position: head, appendId }, closed: [versionId(1)] })
        expect(await journal.drained(ALL)).toEqual([2, 3])
        const there = (await acquire(THERE)).lease
        const end = (await journal.heads([THERE])).get(THERE)
        await settle(journal, there, {
          ...NOTHING,
          dispatched: { position: end?.head ?? START, appendId: end?.appendId },
        })
        expect(await journal.drained(ALL)).toEqual([1, 2, 3])
      })

      test('giving it up counts it and ends the lanes, of these versions alone', async () => {
        const dispatched = await owe()
        const lease = await held()
        const lanes = [1, 2].map((id) => aLane({ destinationVersionId: versionId(id), checkpoint: START }))
        await settle(journal, lease, { ...NOTHING, dispatched, lanes })
        await abandon(under, [1])
        expect(await totalsOf(journal)).toEqual([someTotals({ givenUp: 6 })])
        expect((await lanesOf(journal, lease)).map((lane) => lane.destinationVersionId)).toEqual([2])
      })

      test('dead letters come in pages, are counted, and are discarded for good: those chosen, the oldest first', async () => {
        const lease = await held()
        const buried = [1, 2, 1, 1].map((id, n) => ({
          destinationVersionId: versionId(id),
          position: toPosition(n + 1),
          roomId: anId(),
          id: anId(),
          reason: 'too old',
          bytes: Buffer.from('{}\n'),
        }))
        for (const letter of buried) await settle(journal, lease, { ...NOTHING, deadLetters: [letter] })
        const from = [versionId(1)]
        const page = (after: string) => journal.letters({ from, after, lettersMax: 2 })
        const first = await page('0')
        expect(first.map(({ id }) => id)).toEqual([buried[0]?.id, buried[2]?.id])
        const second = await page(first.at(-1)?.letterId ?? '')
        expect(second.map(({ id }) => id)).toEqual([buried[3]?.id])
        expect(await journal.countLetters(from)).toBe(3)
        const discard = (letterIds: readonly string[] | undefined, lettersMax: number) =>
          journal.discard({ from, letterIds, lettersMax })
        const [other] = await journal.letters({ from: [versionId(2)], after: '0', lettersMax: 1 })
        expect(await discard([other?.letterId ?? ''], 9)).toBe(0)
        expect(await discard([second[0]?.letterId ?? ''], 9)).toBe(1)
        expect(await discard(undefined, 1)).toBe(1)
        expect((await lettersOf(journal)).map(({ id }) => id)).toEqual([buried[1]?.id, buried[2]?.id])
      })
    })
  })
}
