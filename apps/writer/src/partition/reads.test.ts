import { toPosition } from '@roomlog/journal'
import { expect, test } from 'vitest'
import { Reads } from './reads.ts'

const MIB = 1024 * 1024
const at = (position: number) => ({ position: toPosition(position), appendId: undefined })

type ALane = { at: number; wants?: boolean; flows?: boolean }

function readsOf(...given: readonly ALane[]) {
  const time = { nowMs: 0, laneBytes: 8 * MIB }
  const unreadable = new Set<number>()
  const lanes = new Map(
    given.map(({ at: position, wants = true, flows = true }, n) => [
      n,
      { next: at(position), wants: () => wants, flows, recovering: false },
    ]),
  )
  const clock = { monotonicMs: () => time.nowMs }
  const pins = { mayOverdraw: () => true }
  const laneBytesMax = () => time.laneBytes
  const mayRead = (position: number) => !unreadable.has(position)
  const limits = { readBytesMax: 4 * MIB, laneBytesMax, catchUpRecords: 500 }
  const reads = new Reads({ lanes, clock, pins, mayRead, ...limits })
  const from = (head = HEAD) => {
    const next = reads.next(FRONTIER, head)
    return typeof next === 'object' ? next.from.position : next
  }
  return { reads, time, unreadable, from }
}

const FRONTIER = at(100)
const HEAD = toPosition(1_000)
const NEAR = toPosition(200)

test('near the head, the frontier is read for whoever is there, however busy others are', () => {
  const { from } = readsOf({ at: 100 }, { at: 100, wants: false })
  expect(from(NEAR)).toBe(100)
})

test('catching up, the frontier waits for lanes that are busy, but three seconds at most', () => {
  const { time, from } = readsOf({ at: 100 }, { at: 100, wants: false })
  expect(from()).toBe('later')
  time.nowMs = 2_999
  expect(from()).toBe('later')
  time.nowMs = 3_000
  expect(from()).toBe(100)
})

test('catching up, nobody waits for a lane whose destination is in trouble', () => {
  const { from } = readsOf({ at: 100 }, { at: 100, wants: false, flows: false }, { at: 20, wants: false, flows: false })
  expect(from()).toBe(100)
})

test('the frontier does not run ahead of all lanes, which would be read for nobody; new lanes wait 5 s at most', () => {
  const { time, from } = readsOf({ at: 40 }, { at: 60, wants: false })
  expect([1, 2, 3].map(() => from())).toEqual([40, 40, 40])
  time.nowMs = 5_000
  expect([1, 2].map(() => from()).sort()).toEqual([100, 40])
})

test('where a batch cannot be read nobody reads for a while; others go on, and do not wait for who stands there', () => {
  const { from, unreadable } = readsOf({ at: 40 }, { at: 100 })
  unreadable.add(40)
  expect([1, 2].map(() => from())).toEqual([100, 100])
  unreadable.add(100)
  expect(from()).toBeUndefined()
  unreadable.clear()
  expect([1, 2, 3].map(() => from())).toContain(40)
})

test('what is far behind the head is read in turn with other partitions, what is near is not', () => {
  const { reads } = readsOf({ at: 100 }, { at: 40 })
  expect([1, 2].map(() => reads.next(FRONTIER, HEAD))).toMatchObject([{ catchesUp: true }, { catchesUp: true }])
  expect([1, 2].map(() => reads.next(FRONTIER, NEAR))).toMatchObject([{ catchesUp: false }, { catchesUp: false }])
})

test('a read is no larger than what a lane may have waiting', () => {
  const { reads, time } = readsOf({ at: 100 })
  expect(reads.next(FRONTIER, HEAD)).toMatchObject({ bytesMax: 4 * MIB })
  time.laneBytes = MIB
  expect(reads.next(FRONTIER, HEAD)).toMatchObject({ bytesMax: MIB })
})

test('up to the head there is nothing to read', () => {
  const { from } = readsOf({ at: 100 })
  expect(from(FRONTIER.position)).toBeUndefined()
})
