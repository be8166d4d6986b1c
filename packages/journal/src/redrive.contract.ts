import { beforeEach, describe, expect, test } from 'vitest'
import { changeConfig, type JournalUnderTest } from './journal.contract.ts'
import { toPartition } from './partition.ts'
import type { DeadLetter, Journal, Partition, RedriveRequest } from './port.ts'
import { START, toPosition } from './position.ts'
import {
  anAppendId,
  append,
  aRecord,
  aRoomIn,
  aToken,
  lettersOf,
  readAll,
  records,
  recordsOf,
  settle,
  versionId,
} from './samples.contract.ts'

const HERE = toPartition(0)
const THERE = toPartition(1)
const LONG_AGO_MS = Date.UTC(2020, 0)

/** What every journal promises of dead letters that are sent again. */
export function describeRedrive(name: string, open: () => Promise<JournalUnderTest>): void {
  describe(`redrive of a journal ${name}`, () => {
    let under: JournalUnderTest
    let journal: Journal

    beforeEach(async () => {
      under = await open()
      journal = under.journal
    })

    const aLetter = (id: number, at: Partition, position: number): DeadLetter => ({
      ...aRecord({ roomId: aRoomIn(at, journal.partitions), rest: Buffer.from(`","text":"${position}"}}\n`) }),
      destinationVersionId: versionId(id),
      position: toPosition(position),
      reason: 'too old',
    })

    const bury = async (partition: Partition, letters: readonly DeadLetter[]) => {
      const lease = { partition, token: aToken() }
      await journal.acquire({ ...lease, writerId: 'writer', ttlMs: 60_000 })
      await settle(journal, lease, { lanes: [], closed: [], totals: [], deadLetters: letters })
      await journal.release([lease])
    }

    const redrive = async (given: Partial<RedriveRequest> = {}) =>
      journal.redrive({
        from: [versionId(1)],
        letterIds: undefined,
        lettersMax: 100,
        to: versionId(3),
        configVersion: await journal.configVersion(HERE),
        newAppendId: anAppendId,
        ...given,
      })

    const inJournal = async (partition = HERE) => recordsOf(await readAll(journal, partition))
    const left = async () => (await lettersOf(journal)).map(({ id }) => id)

    test('letters stand in their rooms partition again, as they were, for the new destination alone, and are gone', async () => {
      const [a, b, c] = [aLetter(1, HERE, 1), aLetter(1, HERE, 2), aLetter(1, THERE, 1)]
      const other = aLetter(2, HERE, 1)
      await bury(HERE, [a, b, other])
      await bury(THERE, [c])
      expect(await redrive()).toEqual({ status: 'redriven', letters: 3 })
      const shape = ({ roomId, id, bytes }: DeadLetter) => ({
        roomId,
        id,
        text: Buffer.from(bytes).toString(),
        destinations: [3],
      })
      expect(await inJournal()).toMatchObject([shape(a), shape(b)])
      expect(await inJournal(THERE)).toMatchObject([shape(c)])
      expect(await left()).toEqual([other.id])
      expect(await redrive()).toEqual({ status: 'redriven', letters: 0 })
    })

    test('their time is now, or later where the partition is ahead', async () => {
      await append(journal, HERE, records(1, { timeMs: LONG_AGO_MS }))
      await bury(HERE, [aLetter(1, HERE, 1)])
      await redrive()
      const [, redriven] = await inJournal()
      expect(redriven?.timeMs).toBeGreaterThan(LONG_AGO_MS + 1e10)
      const aheadMs = (redriven?.timeMs ?? 0) + 1e12
      await append(journal, HERE, records(1, { timeMs: aheadMs }))
      await bury(HERE, [aLetter(1, HERE, 2)])
      await redrive()
      expect((await inJournal()).at(-1)?.timeMs).toBe(aheadMs)
    })

    test('the oldest go first, up to the number asked for', async () => {
      const letters = [1, 2, 3, 4, 5].map((n) => aLetter(1, n % 2 ? HERE : THERE, n))
      for (const letter of letters) await bury(letter.position % 2 ? HERE : THERE, [letter])
      expect(await redrive({ lettersMax: 3 })).toEqual({ status: 'redriven', letters: 3 })
      expect(new Set(await left())).toEqual(new Set(letters.slice(3).map(({ id }) => id)))
    })

    test('ids choose, and those of other destinations are left alone', async () => {
      const letters = [aLetter(1, HERE, 1), aLetter(2, HERE, 1), aLetter(1, HERE, 2)]
      for (const letter of letters) await bury(HERE, [letter])
      const [first = '', second = ''] = (await lettersOf(journal)).map(({ letterId }) => letterId)
      expect(await redrive({ letterIds: [first, second, '999999999'] })).toEqual({ status: 'redriven', letters: 1 })
      expect(await left()).toEqual(letters.slice(1).map(({ id }) => id))
    })

    test('nothing happens at a version that is over', async () => {
      await bury(HERE, [aLetter(1, HERE, 1)])
      const configVersion = await journal.configVersion(HERE)
      await changeConfig(under)
      expect(await redrive({ configVersion })).toEqual({ status: 'stale', letters: 0 })
      expect(await left()).toHaveLength(1)
      expect((await journal.heads([HERE])).get(HERE)?.head).toBe(START)
      expect(await redrive()).toEqual({ status: 'redriven', letters: 1 })
    })

    test('redrives that run at once send each letter once', async () => {
      const letters = Array.from({ length: 30 }, (_, n) => aLetter(1, HERE, n + 1))
      await bury(HERE, letters)
      const tries = await Promise.all([1, 2, 3, 4].map(() => redrive()))
      expect(tries.reduce((sum, tried) => sum + tried.letters, 0)).toBe(30)
      const ids = (await inJournal()).map(({ id }) => id)
      expect(ids.sort()).toEqual(letters.map(({ id }) => id).sort())
      expect(await left()).toEqual([])
    })
  })
}
