import { beforeEach, describe, expect, test } from 'vitest'
import { changeConfig, type JournalUnderTest } from './journal.contract.ts'
import { toPartition } from './partition.ts'
import type { AppendId, Journal, Position } from './port.ts'
import { START, toPosition } from './position.ts'
import {
  aLane,
  anAppendId,
  append,
  aRecord,
  batchesOf,
  type Change,
  ID_BYTES,
  readAll,
  records,
  recordsOf,
  settle,
  TIME_MS,
  takeLease,
  versionId,
} from './samples.contract.ts'

const HERE = toPartition(0)
const THERE = toPartition(1)
const WHOLE = 1_000_000
const NOTHING: Change = { lanes: [], closed: [], deadLetters: [], totals: [] }

/** What every journal promises of what was said. */
export function describeLog(name: string, open: () => Promise<JournalUnderTest>): void {
  describe(`a journal ${name}`, () => {
    let under: JournalUnderTest
    let journal: Journal

    beforeEach(async () => {
      under = await open()
      journal = under.journal
    })

    const readAfter = (after: Position, afterAppendId?: AppendId, bytesMax = WHOLE) =>
      journal.read({ partition: HERE, after, afterAppendId, bytesMax })

    const held = async () => (await takeLease(journal)).lease

    describe('append and read', () => {
      test('records come back as they went in, with their places', async () => {
        const given = [
          aRecord({ destinations: [versionId(1), versionId(3)] }),
          aRecord({ destinations: [versionId(2)], rest: Buffer.from('","Content":"ünï\\u0000"}}\n') }),
          aRecord({ destinations: [versionId(1)], rest: Buffer.alloc(50_000, 0xff) }),
        ]
        const { firstPosition, appendId } = await append(journal, HERE, given)
        const [batch, ...others] = await readAll(journal, HERE)
        expect(others).toEqual([])
        expect(firstPosition).toBe(1)
        expect(batch).toMatchObject({ partition: HERE, firstPosition: 1, lastPosition: 3, appendId })
        expect(batch?.counts).toEqual(
          new Map([
            [versionId(1), 2],
            [versionId(3), 1],
            [versionId(2), 1],
          ]),
        )
        expect(batch && recordsOf([batch])).toEqual(
          given.map(({ bytes, ...record }, i) => ({
            ...record,
            position: i + 1,
            text: Buffer.from(bytes).toString('utf8'),
          })),
        )
        expect(batch?.bytes.equals(Buffer.concat(given.map(({ bytes }) => bytes)))).toBe(true)
      })

      test('positions follow commit order with no gap, also when appends run at once', async () => {
        const given = Array.from({ length: 24 }, (_, n) => records(1 + (n % 5)))
        const answers = await Promise.all(given.map((batch) => append(journal, HERE, batch)))
        const batches = await readAll(journal, HERE)
        let next = 1
        for (const batch of batches) {
          const at = answers.findIndex(({ appendId }) => appendId === batch.appendId)
          expect(batch.firstPosition).toBe(next)
          expect(answers[at]?.firstPosition).toBe(next)
          expect(recordsOf([batch]).map(({ id }) => id)).toEqual(given[at]?.map(({ id }) => id))
          next = batch.lastPosition + 1
        }
        expect(batches).toHaveLength(given.length)
        expect((await journal.heads([HERE, THERE])).get(HERE)).toEqual({
          head: next - 1,
          appendId: batches.at(-1)?.appendId,
        })
      })

      test('partitions count apart', async () => {
        await append(journal, HERE, records(3))
        expect((await append(journal, THERE, records(2))).firstPosition).toBe(1)
        const heads = await journal.heads([HERE, THERE])
        expect([heads.get(HERE)?.head, heads.get(THERE)?.head]).toEqual([3, 2])
      })

      test('an append asked for twice is recorded once and finds its place', async () => {
        const batch = records(2)
        const first = await append(journal, HERE, batch)
        await append(journal, HERE, records(1))
        expect(await append(journal, HERE, batch, first.appendId)).toEqual(first)
        expect((await journal.heads([HERE])).get(HERE)?.head).toBe(3)
      })

      test('of tries of one append that run at once, one is recorded', async () => {
        const batch = records(2)
        const appendId = anAppendId()
        const tries = await Promise.all([1, 2, 3, 4].map(() => append(journal, HERE, batch, appendId)))
        expect(tries.map(({ firstPosition }) => firstPosition)).toEqual([1, 1, 1, 1])
        expect((await journal.heads([HERE])).get(HERE)?.head).toBe(2)
      })

      test('a try that landed is found after destinations have changed', async () => {
        const batch = records(2)
        const configVersion = await journal.configVersion(HERE)
        const request = { partition: HERE, appendId: anAppendId(), configVersion, records: batch }
        await journal.append(request)
        await changeConfig(under)
        expect(await journal.append(request)).toEqual({ status: 'appended', firstPosition: 1 })
      })

      test('an append at another version appends nothing and tells the version in force', async () => {
        const before = await journal.configVersion(HERE)
        await changeConfig(under)
        const configVersion = await journal.configVersion(HERE)
        expect(configVersion).toBeGreaterThan(before)
        for (const other of [before, configVersion + 1]) {
          const request = { partition: HERE, appendId: anAppendId(), configVersion: other, records: records(1) }
          expect(await journal.append(request)).toEqual({ status: 'stale', configVersion })
        }
        expect((await journal.heads([HERE])).get(HERE)).toEqual({ head: 0, appendId: undefined })
      })

      test('a change reaches every partition, whoever holds them', async () => {
        await takeLease(journal, HERE)
        await append(journal, THERE, records(1))
        await changeConfig(under)
        const all = Array.from({ length: journal.partitions }, (_, n) => journal.configVersion(toPartition(n)))
        expect(new Set(await Promise.all(all)).size).toBe(1)
      })

      test('effective time never falls, whatever the clocks of the apis', async () => {
        await append(journal, HERE, [aRecord({ timeMs: TIME_MS + 3_000 }), aRecord({ timeMs: TIME_MS + 1_000 })])
        await append(journal, HERE, [aRecord({ timeMs: TIME_MS }), aRecord({ timeMs: TIME_MS + 3_001 })])
        // Two slow apis in a row: the batch after the next must know too.
        await append(journal, HERE, [aRecord({ timeMs: TIME_MS - 5_000 })])
        await append(journal, HERE, [aRecord({ timeMs: TIME_MS })])
        const times = recordsOf(await readAll(journal, HERE)).map(({ timeMs = 0 }) => timeMs - TIME_MS)
        expect(times).toEqual([3_000, 3_000, 3_000, 3_001, 3_001, 3_001])
      })

      test('the floor of time outlives trimmed batches', async () => {
        await append(journal, HERE, [aRecord({ timeMs: TIME_MS + 3_000 })])
        const { appendId } = await append(journal, HERE, [aRecord({ timeMs: TIME_MS })])
        await settle(journal, await held(), { ...NOTHING, dispatched: { position: toPosition(2), appendId } })
        await under.elapse(1_000)
        expect(await journal.trim(HERE, { keepMs: 500 })).toBe(2)
        await append(journal, HERE, [aRecord({ timeMs: TIME_MS })])
        expect(recordsOf(batchesOf(await readAfter(toPosition(2), appendId)))[0]).toMatchObject({
          position: 3,
          timeMs: TIME_MS + 3_000,
        })
      })

      test('a read holds about the bytes asked for, and at least one batch', async () => {
        for (let i = 0; i < 4; i++) await append(journal, HERE, [aRecord({ rest: Buffer.alloc(1_000 - ID_BYTES) })])
        const count = async (bytesMax: number) => batchesOf(await readAfter(START, undefined, bytesMax)).length
        expect([await count(1), await count(1_000), await count(1_001), await count(9_999)]).toEqual([1, 1, 2, 4])
      })

      test('a reader inside a batch gets that batch again', async () => {
        const first = await append(journal, HERE, records(5))
        const second = await append(journal, HERE, records(2))
        const batches = batchesOf(await readAfter(toPosition(3), first.appendId))
        expect(batches.map(({ appendId }) => appendId)).toEqual([first.appendId, second.appendId])
      })

      test('a reader at the head gets nothing', async () => {
        expect(batchesOf(await readAfter(START))).toEqual([])
        const { appendId } = await append(journal, HERE, records(2))
        expect(batchesOf(await readAfter(toPosition(2), appendId))).toEqual([])
      })
    })

    describe('a restored database', () => {
      test('a head behind the reader says rewound', async () => {
        const restore = await under.backup()
        const { appendId } = await append(journal, HERE, records(2))
        await restore()
        expect(await readAfter(toPosition(2), appendId)).toEqual({ status: 'rewound' })
      })

      test('another batch where the reader stands says rewound: at its end, inside it and at the head', async () => {
        await append(journal, HERE, records(1))
        const restore = await under.backup()
        const { appendId } = await append(journal, HERE, records(4))
        await append(journal, HERE, records(4))
        await restore()
        const other = await append(journal, HERE, records(4))
        expect(await readAfter(toPosition(5), appendId)).toEqual({ status: 'rewound' })
        expect(await readAfter(toPosition(3), appendId)).toEqual({ status: 'rewound' })
        await append(journal, HERE, records(4))
        expect(await readAfter(toPosition(5), appendId)).toEqual({ status: 'rewound' })
        expect(batchesOf(await readAfter(toPosition(5), other.appendId))).toHaveLength(1)
      })

      test('a version that some api still holds is not given out again', async () => {
        const restore = await under.backup()
        await under.elapse(1)
        await changeConfig(under)
        const lost = await journal.configVersion(HERE)
        await restore()
        await under.elapse(10)
        await changeConfig(under)
        expect(await journal.configVersion(HERE)).not.toBe(lost)
      })
    })

    describe('trim', () => {
      const KEEP_MS = 600_000
      let batches: readonly { readonly firstPosition: Position; readonly appendId: AppendId }[]

      beforeEach(async () => {
        batches = []
        for (let i = 0; i < 3; i++) batches = [...batches, await append(journal, HERE, records(10))]
      })

      const dispatch = async (position: number, change: Partial<Change> = {}) => {
        const lease = await held()
        const dispatched = { position: toPosition(position), appendId: batches[Math.ceil(position / 10) - 1]?.appendId }
        await settle(journal, lease, { ...NOTHING, dispatched, ...change })
        await journal.release([lease])
      }

      test('batches that are not dispatched stay', async () => {
        await dispatch(19)
        await under.elapse(KEEP_MS + 1)
        expect(await journal.trim(HERE, { keepMs: KEEP_MS })).toBe(10)
        expect(await journal.trim(HERE, { keepMs: KEEP_MS })).toBe(0)
        expect(await readAfter(START)).toEqual({ status: 'trimmed', trimmed: 10 })
        expect(batchesOf(await readAfter(toPosition(10), batches[0]?.appendId))).toHaveLength(2)
      })

      test('batches that a lane has not settled stay, also for a lane that has just begun', async () => {
        await dispatch(30, {
          lanes: [
            aLane({ checkpoint: toPosition(30) }),
            aLane({ destinationVersionId: versionId(2), checkpoint: toPosition(9) }),
          ],
        })
        await under.elapse(KEEP_MS + 1)
        expect(await journal.trim(HERE, { keepMs: KEEP_MS })).toBe(0)
        await dispatch(30, { lanes: [aLane({ destinationVersionId: versionId(2), checkpoint: toPosition(20) })] })
        expect(await journal.trim(HERE, { keepMs: KEEP_MS })).toBe(20)
        await dispatch(30, { closed: [versionId(2)] })
        expect(await journal.trim(HERE, { keepMs: KEEP_MS })).toBe(10)
        expect((await takeLease(journal)).progress.trimmed).toBe(30)
      })

      test('young batches stay', async () => {
        await dispatch(30)
        await under.elapse(KEEP_MS - 60_000)
        expect(await journal.trim(HERE, { keepMs: KEEP_MS })).toBe(0)
      })

      test('a partition that is trimmed empty goes on, and knows where it stood', async () => {
        await dispatch(30)
        await under.elapse(KEEP_MS + 1)
        expect(await journal.trim(HERE, { keepMs: KEEP_MS })).toBe(30)
        expect(batchesOf(await readAfter(toPosition(30), batches[2]?.appendId))).toEqual([])
        expect(await readAfter(toPosition(30), anAppendId())).toEqual({ status: 'rewound' })
        expect(await readAfter(toPosition(25), batches[2]?.appendId)).toEqual({ status: 'trimmed', trimmed: 30 })
        expect((await append(journal, HERE, records(1))).firstPosition).toBe(31)
        expect(batchesOf(await readAfter(toPosition(30), batches[2]?.appendId))).toHaveLength(1)
        expect(await readAfter(toPosition(30), anAppendId())).toEqual({ status: 'rewound' })
      })
    })
  })
}
