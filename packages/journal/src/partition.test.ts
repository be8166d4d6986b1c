import { RoomId } from '@roomlog/domain'
import { expect, test } from 'vitest'
import { partitionOf, toPartition } from './partition.ts'
import { anId } from './samples.contract.ts'

test('a room stays in its partition for ever: these answers are frozen', () => {
  const golden: readonly (readonly [string, number, number])[] = [
    ['AAAAAAAAAAAA', 16, 1],
    ['aaaaaaaaaaaa', 16, 1],
    ['012345678901', 16, 5],
    ['Zz9Yy8Xx7Ww6', 16, 5],
    ['AAAAAAAAAAAA', 1, 0],
    ['Zz9Yy8Xx7Ww6', 7, 5],
    ['QFjBNzkCZ3xR', 1024, 293],
  ]
  for (const [room, partitions, expected] of golden) {
    expect([room, partitionOf(RoomId.parse(room), partitions)]).toEqual([room, expected])
  }
})

test.each([1, 3, 16, 128])('rooms spread evenly over %i partitions', (partitions) => {
  const rooms = partitions * 400
  const counts = new Array<number>(partitions).fill(0)
  for (let i = 0; i < rooms; i++) {
    const at = partitionOf(anId(), partitions)
    counts[at] = (counts[at] ?? 0) + 1
  }
  // Six standard deviations of a fair draw of 400.
  expect(Math.min(...counts)).toBeGreaterThan(280)
  expect(Math.max(...counts)).toBeLessThan(partitions === 1 ? 401 : 520)
})

test('what is not a partition is refused', () => {
  expect(() => toPartition(-1)).toThrow('not a partition')
  expect(() => toPartition(0.5)).toThrow('not a partition')
})
