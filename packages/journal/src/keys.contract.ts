import { createHash } from 'node:crypto'
import { IDEMPOTENCY_KEY_KEPT_MS, IdempotencyKey, type RoomId } from '@roomlog/domain'
import { beforeEach, describe, expect, test } from 'vitest'
import { changeConfig, type JournalUnderTest } from './journal.contract.ts'
import { KEYS_FORGOTTEN_MAX } from './key-name.ts'
import { toPartition } from './partition.ts'
import type { AppendOutcome, AppendRequest, Journal, NewRecord, RecordKey } from './port.ts'
import { anAppendId, anId, aRecord, aRoomIn, readAll, recordsOf } from './samples.contract.ts'

const HERE = toPartition(0)
const SEND_TIME = '2026-12-01T10:00:00.123456789Z'
const A_DAY_MS = IDEMPOTENCY_KEY_KEPT_MS
const JUMP_MS = 26 * 3_600_000

/** A record with a key, as an appender makes one; `asked` is what was asked for. */
export function keyed(roomId: RoomId, key: string, asked = 'hello'): { record: NewRecord; key: RecordKey } {
  const record = aRecord({ roomId })
  const hash = createHash('sha256').update(asked).digest('hex')
  return { record, key: { roomId, key: IdempotencyKey.parse(key), hash, id: record.id, sendTime: SEND_TIME } }
}

type Keyed = ReturnType<typeof keyed>

/** What every journal promises of what is asked for again. */
export function describeKeys(name: string, open: () => Promise<JournalUnderTest>): void {
  describe(`the keys of a journal ${name}`, () => {
    let under: JournalUnderTest
    let journal: Journal
    let room: RoomId

    beforeEach(async () => {
      under = await open()
      journal = under.journal
      room = aRoomIn(HERE, journal.partitions)
    })

    const request = async (given: readonly Keyed[], more: Partial<AppendRequest> = {}): Promise<AppendRequest> => ({
      partition: HERE,
      appendId: anAppendId(),
      configVersion: await journal.configVersion(HERE),
      records: given.map(({ record }) => record),
      keys: given.map(({ key }) => key),
      ...more,
    })
    const append = async (...given: readonly Keyed[]): Promise<AppendOutcome> => journal.append(await request(given))
    const recorded = async () => recordsOf(await readAll(journal, HERE)).map(({ id }) => id)

    test('a key that was given before is known, with what it was first given with, and nothing is appended', async () => {
      const first = keyed(room, 'k')
      expect(await append(first)).toEqual({ status: 'appended', firstPosition: 1 })
      expect(await append(keyed(room, 'k'))).toEqual({ status: 'known', keys: [first.key] })
      expect(await append(keyed(room, 'k', 'something else'))).toEqual({ status: 'known', keys: [first.key] })
      expect(await journal.findKeys([first.key])).toEqual([first.key])
      expect(await recorded()).toEqual([first.record.id])
    })

    test('of a batch with a known key nothing is appended, and none of its other keys is given', async () => {
      const first = keyed(room, 'k')
      await append(first)
      const other = keyed(room, 'other')
      expect(await append(other, keyed(room, 'k'))).toEqual({ status: 'known', keys: [first.key] })
      expect(await journal.findKeys([other.key])).toEqual([])
      expect(await recorded()).toEqual([first.record.id])
      expect(await append(other)).toEqual({ status: 'appended', firstPosition: 2 })
    })

    test('keys of two rooms have nothing to do with each other, nor have keys that look alike', async () => {
      const given = [
        keyed(room, 'k'),
        keyed(aRoomIn(HERE, journal.partitions), 'k'),
        ...['K', 'k ', 'ｋ', '🎉'.repeat(128)].map((key) => keyed(room, key)),
      ]
      for (const one of given) expect((await append(one)).status).toBe('appended')
      const names = given.map(({ key }) => key)
      expect((await journal.findKeys(names)).toSorted(byId)).toEqual(names.toSorted(byId))
      expect(await recorded()).toHaveLength(given.length)
    })

    test('an append with keys that is asked for twice finds its place, not its own keys', async () => {
      const asked = await request([keyed(room, 'k'), keyed(room, 'l')])
      expect(await journal.append(asked)).toEqual({ status: 'appended', firstPosition: 1 })
      expect(await journal.append(asked)).toEqual({ status: 'appended', firstPosition: 1 })
      await changeConfig(under)
      expect(await journal.append(asked)).toEqual({ status: 'appended', firstPosition: 1 })
      expect(await recorded()).toEqual(asked.records.map(({ id }) => id))
    })

    test('of appends with one key that run at once, one is recorded, and all others know it', async () => {
      const given = Array.from({ length: 8 }, () => keyed(room, 'k'))
      const outcomes = await Promise.all(given.map((one) => append(keyed(room, String(Math.random())), one)))
      const [id, ...more] = (await recorded()).filter((each) => given.some(({ key }) => key.id === each))
      expect(more).toEqual([])
      const key = given.find((one) => one.key.id === id)?.key
      expect(outcomes.filter(({ status }) => status === 'appended')).toHaveLength(1)
      expect(outcomes.filter(({ status }) => status !== 'appended')).toEqual(
        Array.from({ length: 7 }, () => ({ status: 'known', keys: [key] })),
      )
    })

    test('at a version that is over no key is given', async () => {
      const given = keyed(room, 'k')
      const asked = await request([given])
      await changeConfig(under)
      for (const records of [asked.records, []]) {
        expect((await journal.append({ ...asked, appendId: anAppendId(), records })).status).toBe('stale')
      }
      expect(await journal.findKeys([given.key])).toEqual([])
    })

    test('keys without records are given too, and move nothing', async () => {
      const given = keyed(room, 'k')
      const before = await journal.heads([HERE])
      const asked = await request([given], { records: [] })
      expect((await journal.append(asked)).status).toBe('appended')
      expect(await journal.append(asked)).toEqual({ status: 'known', keys: [given.key] })
      expect(await append(keyed(room, 'k'))).toEqual({ status: 'known', keys: [given.key] })
      expect(await journal.heads([HERE])).toEqual(before)
    })

    test('a key is known for a day; then it is as good as new, and takes the place of the old one', async () => {
      await append(keyed(room, 'k'))
      await under.elapse(A_DAY_MS - 60_000)
      expect((await append(keyed(room, 'k'))).status).toBe('known')
      await under.elapse(60_000)
      const second = keyed(room, 'k', 'something else')
      expect(await journal.findKeys([second.key])).toEqual([])
      expect(await append(second, keyed(room, 'new'))).toEqual({ status: 'appended', firstPosition: 2 })
      expect(await append(keyed(room, 'k'))).toEqual({ status: 'known', keys: [second.key] })
      expect(await journal.forgetKeys()).toBe(0)
    })

    test('of appends at once that find a key old, one replaces it', async () => {
      await append(keyed(room, 'k'))
      await under.elapse(A_DAY_MS)
      const outcomes = await Promise.all(Array.from({ length: 6 }, () => append(keyed(room, 'k'))))
      expect(outcomes.filter(({ status }) => status === 'appended')).toHaveLength(1)
      expect(outcomes.filter(({ status }) => status === 'known')).toHaveLength(5)
      expect(await recorded()).toHaveLength(2)
    })

    test('old keys are forgotten a thousand at a time, young ones never', async () => {
      const many = (what: string, count: number) => Array.from({ length: count }, (_, n) => keyed(room, `${what} ${n}`))
      const old = many('old', KEYS_FORGOTTEN_MAX + 5)
      await append(...old)
      await under.elapse(A_DAY_MS)
      await append(...many('young', 3))
      expect([await journal.forgetKeys(), await journal.forgetKeys(), await journal.forgetKeys()]).toEqual([
        KEYS_FORGOTTEN_MAX,
        5,
        0,
      ])
      expect(await journal.findKeys(many('young', 3).map(({ key }) => key))).toHaveLength(3)
    })

    test.each([
      ['is ahead', -JUMP_MS, true],
      ['is behind', JUMP_MS, true],
      ['is doubted', 0, false],
    ] as const)('while the database %s no key is too old: it is known, and not forgotten', async (_, aheadMs, sure) => {
      const first = keyed(room, 'k')
      await append(first)
      await under.elapse(A_DAY_MS)
      under.believe(aheadMs, sure)
      expect(await append(keyed(room, 'k'))).toEqual({ status: 'known', keys: [first.key] })
      expect(await journal.findKeys([first.key])).toEqual([first.key])
      expect(await journal.forgetKeys()).toBe(0)
      under.believe(0)
      expect(await journal.forgetKeys()).toBe(1)
    })

    test('a restored database knows the keys that it has records for', async () => {
      await append(keyed(room, 'kept'))
      const restore = await under.backup()
      await append(keyed(room, 'lost'))
      await restore()
      expect((await append(keyed(room, 'kept'))).status).toBe('known')
      expect((await append(keyed(room, 'lost'))).status).toBe('appended')
    })

    test('what nobody has given is not found', async () => {
      expect(await journal.findKeys([])).toEqual([])
      expect(await journal.findKeys([{ roomId: anId(), key: IdempotencyKey.parse('k') }])).toEqual([])
    })
  })
}

function byId(a: RecordKey, b: RecordKey): number {
  return a.id < b.id ? -1 : 1
}
