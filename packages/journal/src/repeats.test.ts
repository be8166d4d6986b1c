import { createHash, randomUUID } from 'node:crypto'
import { type DestinationVersionId, IdempotencyKey, type RoomId } from '@roomlog/domain'
import { expect, test } from 'vitest'
import { type AppenderLimits, createAppender } from './appender.ts'
import { createMemoryJournal } from './memory/journal.ts'
import { toPartition } from './partition.ts'
import type { AppendOutcome, AppendRequest, Journal, KeyName } from './port.ts'
import { aRecord, aRoomIn, readAll, recordsOf, TIME_MS, versionId } from './samples.contract.ts'
import type { Submission, SubmitOutcome } from './submission.ts'

const HERE = toPartition(0)
const TO = [versionId(1)]
const RECORDED = { status: 'recorded' }

type Append = Journal['append']
/** What happens to one append on its way. */
type Fault = (real: Append, request: AppendRequest) => Promise<AppendOutcome>

const UNKNOWN: AppendOutcome = { status: 'unknown', reason: 'connection lost' }
const requestLost: Fault = async () => UNKNOWN
const answerLost: Fault = async (real, request) => {
  await real(request)
  return UNKNOWN
}

/** Apis on one journal in memory; `faults` happen to the appends of the first. */
function setUp({ faults = [], limits }: { faults?: Fault[]; limits?: Partial<AppenderLimits> } = {}) {
  let nowMs = 0
  const memory = createMemoryJournal({ partitions: 4, clock: { nowMs: () => TIME_MS + nowMs } })
  const room = aRoomIn(HERE, 4)
  const to = new Map<RoomId, readonly DestinationVersionId[]>([[room, TO]])
  const requests: AppendRequest[] = []
  const reads: (readonly KeyName[])[] = []
  /** Reads of keys wait for this. */
  let reading: Promise<unknown> = Promise.resolve()
  const journal: Journal = {
    ...memory,
    append: (request) => {
      requests.push(request)
      return (faults.shift() ?? ((real) => real(request)))(memory.append, request)
    },
    findKeys: async (names) => {
      reads.push(names)
      await reading
      return memory.findKeys(names)
    },
  }
  const appenderOn = (each: Journal) =>
    createAppender({
      journal: each,
      routes: {
        resolve: async () => ({ configVersion: await memory.configVersion(HERE), destinations: new Map(to) }),
      },
      randomUUID,
      nowMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms
      },
      ...(limits && { limits }),
    })
  return {
    appender: appenderOn(journal),
    other: appenderOn(memory),
    room,
    to,
    requests,
    reads,
    holdReads: (until: Promise<unknown>) => {
      reading = until
    },
    recorded: async () => recordsOf(await readAll(memory, HERE)).map(({ id }) => id),
  }
}

function aMessage(roomId: RoomId, key?: string, asked = 'hello'): Submission {
  const { destinations: _, ...record } = aRecord({ roomId })
  if (key === undefined) return record
  const hash = createHash('sha256').update(asked).digest('hex')
  return { ...record, once: { key: IdempotencyKey.parse(key), hash, sendTime: `of ${record.id}` } }
}

const repeatOf = ({ id, once }: Submission): SubmitOutcome => ({
  status: 'repeated',
  id,
  sendTime: once?.sendTime ?? '',
})

test('asked for again, it is recorded once, and answered as the first time', async () => {
  const { appender, other, room, recorded } = setUp()
  const first = aMessage(room, 'k')
  expect(await appender.submit(first)).toEqual(RECORDED)
  expect(await appender.submit(aMessage(room, 'k'))).toEqual(repeatOf(first))
  expect(await other.submit(aMessage(room, 'k'))).toEqual(repeatOf(first))
  expect(await recorded()).toEqual([first.id])
})

test('the same key for something else is a conflict, and records nothing', async () => {
  const { appender, room, recorded } = setUp()
  const first = aMessage(room, 'k')
  await appender.submit(first)
  expect(await appender.submit(aMessage(room, 'k', 'something else'))).toEqual({ status: 'conflict' })
  expect(await appender.submit(aMessage(room, 'k'))).toEqual(repeatOf(first))
  expect(await recorded()).toEqual([first.id])
})

test('of many at once in one process the first is recorded, and the others wait for it', async () => {
  const { appender, room, requests, recorded } = setUp()
  const messages = [...Array.from({ length: 20 }, () => aMessage(room, 'k')), aMessage(room, 'k', 'something else')]
  const [first, ...others] = messages
  const outcomes = await Promise.all(messages.map((message) => appender.submit(message)))
  expect(outcomes[0]).toEqual(RECORDED)
  expect(outcomes.slice(1, -1)).toEqual(Array.from({ length: 19 }, () => first && repeatOf(first)))
  expect(outcomes.at(-1)).toEqual({ status: 'conflict' })
  expect(others).toHaveLength(20)
  expect(requests.map(({ records }) => records.length)).toEqual([1])
  expect(await recorded()).toEqual([first?.id])
})

test('of two apis that have both read that a key is new, one records, and whatever shares its batch is recorded', async () => {
  const first: { at?: Submission } = {}
  const { appender, other, room, recorded, requests } = setUp({
    faults: [
      async (real, request) => {
        if (first.at) await other.submit(first.at)
        return real(request)
      },
    ],
  })
  first.at = aMessage(room, 'k')
  const others = [aMessage(room), aMessage(room, 'l')]
  const outcomes = await appender.submitAll([...others, aMessage(room, 'k')])
  expect(outcomes).toEqual([RECORDED, RECORDED, repeatOf(first.at)])
  expect(await recorded()).toEqual([first.at.id, ...others.map(({ id }) => id)])
  // Under another append id: what the first may still have on its way can never land.
  expect(new Set(requests.map(({ appendId }) => appendId)).size).toBe(2)
})

test('a repeat costs others nothing: it never joins a batch', async () => {
  const { appender, room, requests } = setUp()
  await appender.submit(aMessage(room, 'k'))
  const [repeat, plain] = await Promise.all([appender.submit(aMessage(room, 'k')), appender.submit(aMessage(room))])
  expect([repeat.status, plain.status]).toEqual(['repeated', 'recorded'])
  expect(requests.map(({ keys }) => keys?.length)).toEqual([1, 0])
})

test('without a key no key is read, and nothing waits for those that are', async () => {
  const { appender, room, reads, holdReads } = setUp()
  await appender.submitAll([aMessage(room), aMessage(room)])
  expect(reads).toEqual([])
  let letRead = () => {}
  holdReads(new Promise<void>((resolve) => (letRead = resolve)))
  const keyed = appender.submit(aMessage(room, 'k'))
  expect(await appender.submit(aMessage(room))).toEqual(RECORDED)
  letRead()
  expect(await keyed).toEqual(RECORDED)
})

test('keys that are asked for at once are read together', async () => {
  const { appender, room, reads } = setUp()
  await Promise.all(Array.from({ length: 50 }, (_, n) => appender.submit(aMessage(room, `k${n}`))))
  expect(reads.map((names) => names.length)).toEqual([50])
})

test.each([
  ['the answer was lost', answerLost],
  ['the request was lost', requestLost],
])('%s: recorded once, under its own key', async (_, fault) => {
  const { appender, room, recorded } = setUp({ faults: [fault, requestLost, answerLost] })
  const message = aMessage(room, 'k')
  expect(await appender.submit(message)).toEqual(RECORDED)
  expect(await recorded()).toEqual([message.id])
})

test.each([
  ['was recorded all the same', answerLost, 'repeated'],
  ['was not recorded', requestLost, 'recorded'],
] as const)(
  'what nobody could say of the first try, which %s, the next one with its key can',
  async (_, fault, status) => {
    const faults = [fault, ...Array.from({ length: 9 }, () => requestLost)]
    const { appender, room, recorded } = setUp({ faults, limits: { giveUpAfterMs: 300 } })
    const first = aMessage(room, 'k')
    const outcomes = await Promise.all([appender.submit(first), appender.submit(aMessage(room, 'k'))])
    faults.length = 0
    // Who waited for the first has waited long enough, and is not recorded.
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['unknown', 'unavailable'])
    const third = aMessage(room, 'k')
    expect(await appender.submit(third)).toEqual(status === 'repeated' ? repeatOf(first) : RECORDED)
    expect(await recorded()).toEqual([status === 'repeated' ? first.id : third.id])
  },
)

test('a refusal leaves no key: of a room that is gone, of too much that waits, of a database that is away', async () => {
  const refused: Fault = async () => ({ status: 'unavailable', reason: 'away' })
  const { appender, room, to, recorded } = setUp({ faults: [refused], limits: { waitingBytesMax: 200 } })
  expect((await appender.submit(aMessage(room, 'k'))).status).toBe('unavailable')
  to.delete(room)
  expect((await appender.submit(aMessage(room, 'k'))).status).toBe('gone')
  to.set(room, TO)
  const large = { ...aMessage(room, 'k'), bytes: new Uint8Array(201) }
  expect((await appender.submit(large)).status).toBe('overloaded')
  const message = aMessage(room, 'k', 'something else')
  expect(await appender.submit(message)).toEqual(RECORDED)
  expect(await recorded()).toEqual([message.id])
})

test('the second does not share the fate of a first that was refused', async () => {
  const refused: Fault = async () => ({ status: 'unavailable', reason: 'away' })
  const { appender, room, recorded } = setUp({ faults: [refused] })
  const [first, second] = [aMessage(room, 'k'), aMessage(room, 'k')]
  const outcomes = await Promise.all([appender.submit(first), appender.submit(second)])
  expect(outcomes.map(({ status }) => status)).toEqual(['unavailable', 'recorded'])
  expect(await recorded()).toEqual([second.id])
})

test('in a room that no configuration lists, asked for again it has the same answer, also once one does', async () => {
  const { appender, room, to, requests, recorded } = setUp({ faults: [answerLost] })
  to.set(room, [])
  const first = aMessage(room, 'k')
  expect(await appender.submit(first)).toEqual(RECORDED)
  expect(await appender.submit(aMessage(room, 'k'))).toEqual(repeatOf(first))
  to.set(room, TO)
  expect(await appender.submit(aMessage(room, 'k'))).toEqual(repeatOf(first))
  expect(requests.map(({ records }) => records.length)).toEqual([0, 0])
  expect(await recorded()).toEqual([])
})

test('a call with keys among its messages stands in its order, and each has its own answer', async () => {
  const { appender, room, recorded } = setUp()
  const known = aMessage(room, 'known')
  await appender.submit(known)
  const call = [
    aMessage(room),
    aMessage(room, 'a'),
    aMessage(room, 'known'),
    aMessage(room),
    aMessage(room, 'a'),
    aMessage(room, 'known', 'something else'),
    aMessage(room, 'b'),
  ]
  const outcomes = await appender.submitAll(call)
  const [plain, a, , later, , , b] = call
  expect(outcomes).toEqual([
    RECORDED,
    RECORDED,
    repeatOf(known),
    RECORDED,
    a && repeatOf(a),
    { status: 'conflict' },
    RECORDED,
  ])
  expect(await recorded()).toEqual([known, plain, a, later, b].map((each) => each?.id))
})

test('keys that cannot be read are unavailable; what came without one is recorded', async () => {
  const { appender, room, holdReads, recorded } = setUp()
  holdReads(Promise.reject(new Error('connection lost')))
  const plain = aMessage(room)
  expect(await appender.submitAll([aMessage(room, 'k'), plain])).toEqual([
    { status: 'unavailable', reason: 'connection lost' },
    RECORDED,
  ])
  holdReads(Promise.resolve())
  expect(await appender.submit(aMessage(room, 'k'))).toEqual(RECORDED)
  expect(await recorded()).toHaveLength(2)
})

test('what waits for its key to be read, or for the first with its key, is bounded like all that waits', async () => {
  const { appender, room, holdReads } = setUp({ limits: { waitingBytesMax: 100 } })
  let letRead = () => {}
  holdReads(new Promise<void>((resolve) => (letRead = resolve)))
  const sized = (bytes: number) => ({ ...aMessage(room, 'k'), bytes: new Uint8Array(bytes) })
  const waiting = [appender.submit(sized(60)), appender.submit(sized(40))]
  expect(await appender.submit(sized(1))).toEqual({ status: 'overloaded' })
  letRead()
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(['recorded', 'repeated'])
  expect((await appender.submit(sized(100))).status).toBe('repeated')
  expect((await appender.submit({ ...sized(100), once: undefined })).status).toBe('recorded')
})

test('close waits for what has its key read, and for what waits behind it', async () => {
  const { appender, room, holdReads, recorded } = setUp()
  let letRead = () => {}
  holdReads(new Promise<void>((resolve) => (letRead = resolve)))
  const sent = [appender.submit(aMessage(room, 'k')), appender.submit(aMessage(room, 'k'))]
  const closing = appender.close()
  letRead()
  await closing
  expect((await Promise.all(sent)).map(({ status }) => status)).toEqual(['recorded', 'repeated'])
  expect(await recorded()).toHaveLength(1)
})
