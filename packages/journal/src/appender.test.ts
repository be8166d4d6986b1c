import { randomUUID } from 'node:crypto'
import type { DestinationVersionId, RoomId } from '@roomlog/domain'
import { expect, test } from 'vitest'
import { type AppenderLimits, createAppender } from './appender.ts'
import type { Routes } from './commit.ts'
import { createMemoryJournal } from './memory/journal.ts'
import { partitionOf, toPartition } from './partition.ts'
import type { AppendOutcome, AppendRequest, Journal } from './port.ts'
import { anId, aRecord, aRoomIn, readAll, recordsOf, TIME_MS, versionId } from './samples.contract.ts'
import type { Submission } from './submission.ts'

const HERE = toPartition(0)
const THERE = toPartition(1)
const TO = [versionId(1)]

type Real = (request: AppendRequest) => Promise<AppendOutcome>
/** What happens to one append on its way. */
type Fault = (real: Real, request: AppendRequest) => Promise<AppendOutcome>

const UNKNOWN: AppendOutcome = { status: 'unknown', reason: 'connection lost' }
const UNAVAILABLE: AppendOutcome = { status: 'unavailable', reason: 'canceling statement due to lock timeout' }

const requestLost: Fault = async () => UNKNOWN
const refused: Fault = async () => UNAVAILABLE
const answerLost: Fault = async (real, request) => {
  await real(request)
  return UNKNOWN
}

function setUp(options: { readonly faults?: readonly Fault[]; readonly limits?: Partial<AppenderLimits> } = {}) {
  let nowMs = 0
  const memory = createMemoryJournal({ partitions: 4, clock: { nowMs: () => TIME_MS + nowMs } })
  const faults = [...(options.faults ?? [])]
  const requests: AppendRequest[] = []
  const journal: Journal = {
    ...memory,
    append: (request) => {
      requests.push(request)
      const fault = faults.shift()
      return fault ? fault((each) => memory.append(each), request) : memory.append(request)
    },
  }
  const rooms = createRooms(memory)
  const appender = createAppender({
    journal,
    routes: rooms,
    randomUUID,
    nowMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms
    },
    ...(options.limits && { limits: options.limits }),
  })
  const inJournal = async (partition = HERE) => recordsOf(await readAll(memory, partition)).map(({ id }) => id)
  return { appender, memory, rooms, requests, inJournal }
}

/** The rooms of an api: it trusts what it knows until it hears of a newer version. */
function createRooms(memory: ReturnType<typeof createMemoryJournal>) {
  const truth = new Map<RoomId, readonly DestinationVersionId[]>()
  let known = { configVersion: 0, destinations: new Map(truth) }
  const change = (apply: () => void) => {
    apply()
    memory.bumpConfigVersion()
  }
  const resolved: number[] = []
  return {
    resolved,
    set: (room: RoomId, destinations: readonly DestinationVersionId[]) => change(() => truth.set(room, destinations)),
    delete: (room: RoomId) => change(() => truth.delete(room)),
    resolve: async (_: readonly RoomId[], { atLeast }) => {
      resolved.push(atLeast)
      if (known.configVersion === 0 || known.configVersion < atLeast) {
        known = { configVersion: await memory.configVersion(HERE), destinations: new Map(truth) }
      }
      return known
    },
  } satisfies Routes & Record<string, unknown>
}

function aMessage(roomId: RoomId, bytes = 30): Submission {
  const { destinations: _, ...record } = aRecord({ roomId })
  return { ...record, bytes: Buffer.alloc(bytes, record.bytes) }
}

/** Stops appends until it is opened. */
function createGate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  let reach = () => {}
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  const wait: Fault = async (real, request) => {
    reach()
    await opened
    return real(request)
  }
  return { wait, open, reached }
}

function withRoom(options?: Parameters<typeof setUp>[0]) {
  const all = setUp(options)
  const room = aRoomIn(HERE, 4)
  all.rooms.set(room, TO)
  return { ...all, room }
}

test('messages of one moment share a commit', async () => {
  const { appender, requests, inJournal, room } = withRoom()
  const messages = Array.from({ length: 50 }, () => aMessage(room))
  const outcomes = await Promise.all(messages.map((message) => appender.submit(message)))
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['recorded']))
  expect(requests).toHaveLength(1)
  expect(await inJournal()).toEqual(messages.map(({ id }) => id))
})

test('records submitted together have their outcomes in order, whatever became of each', async () => {
  const { appender, rooms, room, memory } = withRoom({ limits: { waitingBytesMax: 100 } })
  const other = aRoomIn(THERE, 4)
  rooms.set(other, TO)
  const gone = aRoomIn(THERE, 4)
  const messages = [aMessage(room, 60), aMessage(gone), aMessage(room, 60), aMessage(other), aMessage(room, 40)]
  const outcomes = await appender.submitAll(messages)
  expect(outcomes.map(({ status }) => status)).toEqual(['recorded', 'gone', 'overloaded', 'recorded', 'recorded'])
  const journaled = [...(await readAll(memory, HERE)), ...(await readAll(memory, THERE))]
  expect(recordsOf(journaled).map(({ id }) => id)).toEqual([messages[0]?.id, messages[4]?.id, messages[3]?.id])
  expect(await appender.submitAll([])).toEqual([])
})

test('while one batch is being committed, the next one fills', async () => {
  const gate = createGate()
  const { appender, requests, room } = withRoom({ faults: [gate.wait] })
  const first = appender.submit(aMessage(room))
  await gate.reached
  const rest = Array.from({ length: 20 }, () => appender.submit(aMessage(room)))
  gate.open()
  await Promise.all([first, ...rest])
  expect(requests.map(({ records }) => records.length)).toEqual([1, 20])
})

test('a slow partition holds up no other', async () => {
  const gate = createGate()
  const { appender, rooms, room } = withRoom({ faults: [gate.wait] })
  const other = aRoomIn(THERE, 4)
  rooms.set(other, TO)
  const slow = appender.submit(aMessage(room))
  await gate.reached
  expect(await appender.submit(aMessage(other))).toEqual({ status: 'recorded' })
  gate.open()
  expect(await slow).toEqual({ status: 'recorded' })
})

test('records of a room stand in the order of the calls, through every fault', async () => {
  const faults = [answerLost, requestLost, answerLost, requestLost, requestLost, answerLost]
  const { appender, rooms, memory } = setUp({ faults, limits: { recordsMax: 7 } })
  const ids = Array.from({ length: 6 }, anId)
  for (const id of ids) rooms.set(id, TO)
  const messages = Array.from({ length: 300 }, (_, n) => aMessage(ids[n % ids.length] ?? anId()))
  await Promise.all(
    messages.map((message, n) => {
      if (n % 100 === 50) rooms.set(ids[0] ?? anId(), [versionId(n)])
      return appender.submit(message)
    }),
  )
  for (const room of ids) {
    const journaled = recordsOf(await readAll(memory, partitionOf(room, 4)))
    expect(journaled.filter(({ roomId }) => roomId === room).map(({ id }) => id)).toEqual(
      messages.filter(({ roomId }) => roomId === room).map(({ id }) => id),
    )
  }
})

test('a batch holds so many records and bytes, and at least one record', async () => {
  const { appender, requests, room } = withRoom({ limits: { recordsMax: 3, bytesMax: 100 } })
  const sizes = [30, 30, 30, 30, 90, 10, 20, 500, 10]
  await Promise.all(sizes.map((size) => appender.submit(aMessage(room, size))))
  expect(requests.map(({ records }) => records.map(({ bytes }) => bytes.length))).toEqual([
    [30, 30, 30],
    [30],
    [90, 10],
    [20],
    [500],
    [10],
  ])
})

test('a record goes where its room points at the commit, not where it pointed before', async () => {
  const { appender, rooms, memory, room } = withRoom()
  await appender.submit(aMessage(room))
  rooms.set(room, [versionId(2), versionId(3)])
  await appender.submit(aMessage(room))
  expect(recordsOf(await readAll(memory, HERE)).map(({ destinations }) => destinations)).toEqual([[1], [2, 3]])
  expect(rooms.resolved).toEqual([0, 0, await memory.configVersion(HERE)])
})

test('a room that no configuration lists is acknowledged and not journaled', async () => {
  const { appender, rooms, requests, room } = withRoom()
  rooms.set(room, [])
  expect(await appender.submit(aMessage(room))).toEqual({ status: 'recorded' })
  expect(requests).toEqual([])
})

test('a room believed to have no configuration is looked at again when that is over', async () => {
  const { appender, rooms, inJournal, room } = withRoom()
  rooms.set(room, [])
  await appender.submit(aMessage(room))
  rooms.set(room, TO)
  const message = aMessage(room)
  expect(await appender.submit(message)).toEqual({ status: 'recorded' })
  expect(await inJournal()).toEqual([message.id])
})

test('a room that is gone is refused and never recorded; the others of its batch are', async () => {
  const { appender, rooms, inJournal, room } = withRoom()
  const doomed = aRoomIn(HERE, 4)
  rooms.set(doomed, TO)
  await appender.submit(aMessage(doomed))
  const before = await inJournal()
  rooms.delete(doomed)
  const messages = [aMessage(doomed), aMessage(room), aMessage(doomed)]
  const outcomes = await Promise.all(messages.map((message) => appender.submit(message)))
  expect(outcomes.map(({ status }) => status)).toEqual(['gone', 'recorded', 'gone'])
  expect((await inJournal()).slice(before.length)).toEqual([messages[1]?.id])
})

test('a batch of rooms that are all gone is refused at the version in force', async () => {
  const { appender, rooms, requests, room } = withRoom()
  rooms.delete(room)
  expect(await appender.submit(aMessage(room))).toEqual({ status: 'gone' })
  expect(requests).toEqual([])
})

test.each([
  ['the answer was lost', answerLost],
  ['the request was lost', requestLost],
])('%s: recorded once', async (_, fault) => {
  const { appender, requests, inJournal, room } = withRoom({ faults: [fault, requestLost, answerLost] })
  const message = aMessage(room)
  expect(await appender.submit(message)).toEqual({ status: 'recorded' })
  expect(await inJournal()).toEqual([message.id])
  expect(new Set(requests.map(({ appendId }) => appendId)).size).toBe(1)
})

test('a room deleted after its record landed, before the answer came: recorded, not gone', async () => {
  let deleteRoom = () => {}
  const { appender, rooms, inJournal, room } = withRoom({
    faults: [
      async (real, request) => {
        await real(request)
        deleteRoom()
        return UNKNOWN
      },
    ],
  })
  deleteRoom = () => rooms.delete(room)
  const message = aMessage(room)
  expect(await appender.submit(message)).toEqual({ status: 'recorded' })
  expect(await inJournal()).toEqual([message.id])
})

test('a try that is still under way when destinations change can not land after the retry', async () => {
  let change = () => {}
  let land = async (): Promise<AppendOutcome> => UNKNOWN
  const { appender, rooms, memory, room } = withRoom({
    faults: [
      async (real, request) => {
        land = () => real(request)
        change()
        return UNKNOWN
      },
    ],
  })
  change = () => rooms.set(room, [versionId(2)])
  expect(await appender.submit(aMessage(room))).toEqual({ status: 'recorded' })
  await land()
  expect(recordsOf(await readAll(memory, HERE)).map(({ destinations }) => destinations)).toEqual([[2]])
})

test('a fate that stays unknown is said so after the deadline, and the next batch goes on', async () => {
  const { appender, requests, inJournal, room } = withRoom({
    faults: [answerLost, ...Array.from({ length: 5 }, () => requestLost)],
    limits: { giveUpAfterMs: 500, retryAfterMs: 100 },
  })
  expect(await appender.submit(aMessage(room))).toEqual({ status: 'unknown', reason: 'connection lost' })
  expect(requests).toHaveLength(6)
  expect(await appender.submit(aMessage(room))).toEqual({ status: 'recorded' })
  expect(await inJournal()).toHaveLength(2)
})

test('what surely left nothing is unavailable at once', async () => {
  const { appender, requests, inJournal, room } = withRoom({ faults: [refused] })
  expect(await appender.submit(aMessage(room))).toEqual(UNAVAILABLE)
  expect(requests).toHaveLength(1)
  expect(await inJournal()).toEqual([])
})

test('a retry that surely left nothing says nothing about the try before it', async () => {
  const found = withRoom({ faults: [answerLost, refused] })
  expect(await found.appender.submit(aMessage(found.room))).toEqual({ status: 'recorded' })
  const lost = withRoom({
    faults: [answerLost, ...Array.from({ length: 9 }, () => refused)],
    limits: { giveUpAfterMs: 500 },
  })
  expect(await lost.appender.submit(aMessage(lost.room))).toMatchObject({ status: 'unknown' })
})

test('rooms that cannot be read make it unavailable, and it recovers by itself', async () => {
  const { memory, room } = withRoom()
  let up = false
  const appender = createAppender({
    journal: memory,
    routes: {
      resolve: async () => {
        if (!up) throw new Error('connect ECONNREFUSED')
        return { configVersion: await memory.configVersion(HERE), destinations: new Map([[room, TO]]) }
      },
    },
    randomUUID,
    nowMs: () => 0,
    sleep: async () => {},
  })
  expect(await appender.submit(aMessage(room))).toEqual({ status: 'unavailable', reason: 'connect ECONNREFUSED' })
  up = true
  expect(await appender.submit(aMessage(room))).toEqual({ status: 'recorded' })
})

test('what waits is bounded: more is refused and never recorded', async () => {
  const gate = createGate()
  const { appender, inJournal, room } = withRoom({ faults: [gate.wait], limits: { waitingBytesMax: 100 } })
  const first = appender.submit(aMessage(room, 90))
  await gate.reached
  const waiting = [appender.submit(aMessage(room, 60)), appender.submit(aMessage(room, 40))]
  expect(await appender.submit(aMessage(room, 1))).toEqual({ status: 'overloaded' })
  gate.open()
  expect(await Promise.all([first, ...waiting])).toEqual(Array.from({ length: 3 }, () => ({ status: 'recorded' })))
  expect(await appender.submit(aMessage(room, 100))).toEqual({ status: 'recorded' })
  expect(await inJournal()).toHaveLength(4)
})

test('close waits for what was taken and takes no more', async () => {
  const gate = createGate()
  const { appender, inJournal, room } = withRoom({ faults: [gate.wait] })
  const first = appender.submit(aMessage(room))
  await gate.reached
  const second = appender.submit(aMessage(room))
  let closed = false
  const closing = appender.close().then(() => {
    closed = true
  })
  expect(await appender.submit(aMessage(room))).toMatchObject({ status: 'unavailable' })
  expect(closed).toBe(false)
  gate.open()
  await closing
  expect(await Promise.all([first, second])).toEqual([{ status: 'recorded' }, { status: 'recorded' }])
  expect(await inJournal()).toHaveLength(2)
})

test('a caller that went away before its turn records nothing', async () => {
  const { appender, inJournal, room } = withRoom()
  const outcome = await appender.submit(aMessage(room), { signal: AbortSignal.abort() })
  expect(outcome).toMatchObject({ status: 'unavailable' })
  expect(await inJournal()).toEqual([])
})
