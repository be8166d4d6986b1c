import { AccountId, DestinationVersionId, RoomId } from '@roomlog/domain'
import { expect, test } from 'vitest'
import { createRoomCache, type RoomEntry } from './room-cache.ts'

const accountId = AccountId.parse('123456789012')
const [first, second] = [RoomId.parse('aaaaaaaaaaaa'), RoomId.parse('bbbbbbbbbbbb')]
const version = (id: number) => DestinationVersionId.parse(id)

const setUp = () => {
  const world = { configVersion: 1, rooms: new Map<RoomId, RoomEntry>(), ms: 0, loads: 0 }
  const put = (roomId: RoomId, destinations: readonly number[], maximumMessageLength = 500) => {
    world.rooms.set(roomId, {
      accountId,
      roomId,
      maximumMessageLength,
      maximumMessageRatePerSecond: 10,
      destinations: destinations.map(version),
    })
  }
  const cache = createRoomCache({
    nowMs: () => world.ms,
    load: async (roomIds) => {
      world.loads += 1
      return { configVersion: world.configVersion, rooms: roomIds.flatMap((id) => world.rooms.get(id) ?? []) }
    },
  })
  return { world, put, cache }
}

test('rooms known at the version in force are resolved without asking', async () => {
  const { world, put, cache } = setUp()
  put(first, [1])
  put(second, [2])
  await cache.resolve([first, second], { atLeast: 0 })
  const again = await cache.resolve([second, first], { atLeast: 0 })
  expect(again.configVersion).toBe(1)
  expect(again.destinations.get(first)).toEqual([1])
  expect(world.loads).toBe(1)
})

test('all answers hold at one version, also when only one of the rooms was unknown', async () => {
  const { world, put, cache } = setUp()
  put(first, [1])
  await cache.resolve([first], { atLeast: 0 })
  world.configVersion = 2
  put(first, [7])
  put(second, [2])
  const { configVersion, destinations } = await cache.resolve([first, second], { atLeast: 0 })
  expect(configVersion).toBe(2)
  expect(destinations.get(first)).toEqual([7])
})

test('a newer version, or the older one of a restored database, makes it look again', async () => {
  const { world, put, cache } = setUp()
  world.configVersion = 5
  put(first, [1])
  await cache.resolve([first], { atLeast: 0 })
  world.configVersion = 6
  put(first, [2])
  expect((await cache.resolve([first], { atLeast: 6 })).destinations.get(first)).toEqual([2])
  world.configVersion = 3
  put(first, [3])
  expect((await cache.resolve([first], { atLeast: 3 })).destinations.get(first)).toEqual([3])
  expect((await cache.resolve([first], { atLeast: 0 })).configVersion).toBe(3)
})

test('a missing room is left out, and looked for again a second later', async () => {
  const { world, put, cache } = setUp()
  expect(cache.knows([first])).toBe(false)
  expect((await cache.find([first])).size).toBe(0)
  expect(cache.knows([first])).toBe(true)
  put(first, [])
  world.ms = 999
  expect((await cache.find([first])).size).toBe(0)
  expect(world.loads).toBe(1)
  world.ms = 1_000
  expect(cache.knows([first])).toBe(false)
  expect((await cache.find([first])).get(first)?.roomId).toBe(first)
})

test('where records go is never decided by an absence that was remembered', async () => {
  const { put, cache } = setUp()
  await cache.find([first])
  expect((await cache.resolve([first], { atLeast: 0 })).destinations.size).toBe(0)
  put(first, [])
  expect((await cache.resolve([first], { atLeast: 0 })).destinations.get(first)).toEqual([])
  expect((await cache.find([first])).get(first)?.roomId).toBe(first)
})

test('however many rooms are asked for that are not there, those that are stay known', async () => {
  const { world, put, cache } = setUp()
  put(first, [])
  await cache.find([first])
  const nowhere = Array.from({ length: 60_000 }, (_, n) => RoomId.parse(`x${String(n).padStart(11, '0')}`))
  await cache.find(nowhere)
  expect(cache.knows([first])).toBe(true)
  expect((await cache.find([first])).get(first)?.roomId).toBe(first)
  expect(world.loads).toBe(2)
})

test('length and rate are read again after five seconds, or at once when this process changed them', async () => {
  const { world, put, cache } = setUp()
  put(first, [], 500)
  await cache.find([first])
  put(first, [], 10)
  world.ms = 4_999
  expect((await cache.find([first])).get(first)?.maximumMessageLength).toBe(500)
  world.ms = 5_001
  expect((await cache.find([first])).get(first)?.maximumMessageLength).toBe(10)
  put(first, [], 20)
  cache.forget(first)
  expect((await cache.find([first])).get(first)?.maximumMessageLength).toBe(20)
})
