import type { RoomId } from '@roomlog/domain'
import { expect, it } from 'vitest'
import { createFleet } from './fleet.ts'
import type { SlowStore, Taken } from './slow-store.ts'

const MIB = 1024 * 1024
const ONE_READ = 4 * MIB
const MINUTE_MS = 60_000
/** Much is simulated; a busy machine needs more than the 5 s of a test. */
const timeout = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** 50,000 for a closer look; the pace of the store goes along. */
const ROOMS = Number(process.env['ROOMLOG_PACE_ROOMS'] ?? 50_000)

it('thousands of active rooms that cannot all be put in a flush window: cycles stretch, the oldest first, no room waits for another twice', {
  timeout: Math.max(timeout, ROOMS * 10),
}, async () => {
  const fleet = createFleet({
    partitions: 4,
    kinds: ['s3'],
    callMs: 5_000_000 / ROOMS,
    bufferBytesMax: 256 * MIB,
    readBytesMax: ONE_READ,
  })
  const store = only(fleet.stores)
  const rooms = fleet.rooms(ROOMS)
  fleet.start()
  for (let minute = 0; minute < 4; minute++) {
    await fleet.append(rooms)
    await fleet.time.advance(MINUTE_MS)
  }
  // 5 minutes' worth of puts in 4: far from done, and most rooms have records of several minutes by now.
  expect(store.taken.length).toBeLessThan(rooms.length)
  await fleet.drain(60)

  expect(store.taken.flatMap(({ ids }) => ids)).toHaveLength(4 * rooms.length)
  expect(lead(store.taken, rooms)).toBe(1)
  // What was gathered meanwhile went out together, not in an object a minute.
  expect(store.taken.length).toBeLessThan(3 * rooms.length)
})

it('after an hour away an S3 bucket gets the oldest first, few objects a room, and everything once; memory stays bounded', {
  timeout,
}, async () => {
  const fleet = createFleet({
    partitions: 4,
    kinds: ['s3'],
    callMs: 50,
    bufferBytesMax: 4 * MIB,
    readBytesMax: ONE_READ,
  })
  const store = only(fleet.stores)
  const rooms = fleet.rooms(500)
  const writer = fleet.start()
  let buffered = 0
  store.onCall = () => {
    buffered = Math.max(buffered, writer.bufferedBytes())
  }
  store.away = true
  for (let minute = 0; minute < 60; minute++) {
    await fleet.append(rooms, 100)
    await fleet.time.advance(MINUTE_MS)
  }
  expect(store.taken).toEqual([])
  const probes = store.calls
  store.away = false
  const tookMs = await fleet.drain(60)

  expect(probes).toBeLessThan((4 * HOUR_MS) / 5_000)
  expect(new Set(store.taken.flatMap(({ ids }) => ids)).size).toBe(60 * rooms.length)
  expect(store.taken.flatMap(({ ids }) => ids)).toHaveLength(60 * rooms.length)
  for (const taken of ofEachRoom(store.taken).values()) expect(inOrder(taken)).toBe(true)
  expect(tookMs).toBeLessThan(20 * MINUTE_MS)
  expect(buffered).toBeLessThanOrEqual(4 * MIB + ONE_READ)
})

it('with a backlog many times the buffer and slow destinations, what is buffered stays within the limit and one read', {
  timeout,
}, async () => {
  const limit = 8 * MIB
  const kinds = ['s3', 'cloudWatchLogs', 'firehose'] as const
  const fleet = createFleet({ partitions: 4, kinds, callMs: 200, bufferBytesMax: limit, readBytesMax: ONE_READ })
  const rooms = fleet.rooms(200)
  for (let n = 0; n < 100; n++) await fleet.append(rooms, 3_000)
  const writer = fleet.start()
  let buffered = 0
  for (const store of fleet.stores) {
    store.onCall = () => {
      buffered = Math.max(buffered, writer.bufferedBytes())
    }
  }
  await fleet.drain(60)
  for (const store of fleet.stores) {
    expect(store.taken.flatMap(({ ids }) => ids)).toHaveLength(100 * rooms.length)
  }
  expect(buffered).toBeGreaterThan(limit / 4)
  expect(buffered).toBeLessThanOrEqual(limit + ONE_READ)
})

it('cycles that other writers left open are read again, also when together they are larger than the buffer', {
  timeout,
}, async () => {
  const oneRead = MIB / 4
  const fleet = createFleet({
    partitions: 8,
    kinds: ['firehose'],
    callMs: 50,
    bufferBytesMax: 256 * MIB,
    readBytesMax: oneRead,
  })
  const store = only(fleet.stores)
  const rooms = fleet.rooms(200)
  for (let n = 0; n < 40; n++) await fleet.append(rooms, 2_000)
  store.away = true
  const first = fleet.start()
  await fleet.time.advance(5_000)
  const open = fleet.openBytes()
  await Promise.all([first.stop(1), fleet.time.advance(1_000)])
  store.away = false
  const limit = 2 * MIB
  expect(open).toBeGreaterThan(3 * limit)
  const writer = fleet.start(limit)
  let buffered = 0
  store.onCall = () => {
    buffered = Math.max(buffered, writer.bufferedBytes())
  }
  await fleet.drain(60)
  const oneCycle = 2 * MIB
  // A cycle and a read each end with the batch that fills them.
  const oneBatch = MIB / 16
  expect(buffered).toBeLessThanOrEqual(limit + oneCycle + oneRead + 2 * oneBatch)
})

it('partitions are shared evenly by all writers, whoever comes and goes', { timeout }, async () => {
  const fleet = createFleet({
    partitions: 16,
    kinds: ['s3'],
    callMs: 10,
    bufferBytesMax: 64 * MIB,
    readBytesMax: ONE_READ,
  })
  const rooms = fleet.rooms(100)
  const writers = [fleet.start(), fleet.start()]
  const shares = () => writers.map((writer) => writer.partitions().length)
  const settle = async () => {
    await fleet.append(rooms)
    await fleet.time.advance(5_000)
    return shares()
  }
  await fleet.time.advance(10_000)
  expect(await settle()).toEqual([8, 8])
  writers.push(fleet.start())
  const three = await settle()
  expect(three.reduce((sum, n) => sum + n)).toBe(16)
  expect(Math.max(...three) - Math.min(...three)).toBeLessThanOrEqual(1)
  const [leaving] = writers.splice(0, 1)
  await Promise.all([leaving?.stop(10_000), fleet.time.advance(1_000)])
  expect(await settle()).toEqual([8, 8])
  await fleet.drain(10)
})

function only(stores: readonly SlowStore[]): SlowStore {
  const [store] = stores
  if (!store) throw new Error('no store')
  return store
}

/** How many objects a room was ever ahead of another that had something to be written. */
function lead(taken: readonly Taken[], rooms: readonly RoomId[]): number {
  const counts = new Map(rooms.map((roomId) => [roomId, 0]))
  const atCount = new Map([[0, rooms.length]])
  let [least, most] = [0, 0]
  for (const { roomId } of taken) {
    const count = counts.get(roomId) ?? 0
    counts.set(roomId, count + 1)
    atCount.set(count, (atCount.get(count) ?? 0) - 1)
    atCount.set(count + 1, (atCount.get(count + 1) ?? 0) + 1)
    while (atCount.get(least) === 0) least++
    most = Math.max(most, count + 1 - least)
  }
  return most
}

function ofEachRoom(taken: readonly Taken[]): Map<RoomId, Taken[]> {
  const rooms = new Map<RoomId, Taken[]>()
  for (const one of taken) rooms.set(one.roomId, [...(rooms.get(one.roomId) ?? []), one])
  return rooms
}

function inOrder(taken: readonly Taken[]): boolean {
  return taken.every(({ firstPosition }, n) => n === 0 || firstPosition > (taken[n - 1]?.firstPosition ?? 0))
}
