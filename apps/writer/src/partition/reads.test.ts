import { toPosition } from '@roomlog/journal'
import { expect, test } from 'vitest'
import { Reads } from './reads.ts'

const MIB = 1024 * 1024
const at = (position: number) => ({ position: toPosition(position), appendId: undefined })

type ALane = { at: number; wants?: boolean; flows?: boolean; freeBytes?: number }

function readsOf(...given: readonly ALane[]) {
  const time = { nowMs: 0 }
  const lanes = new Map(
    given.map(({ at: position, wants = true, flows = true, freeBytes = 4 * MIB }, n) => [
      n,
      { next: at(position), wants: () => wants, flows, freeBytes, recovering: false },
    ]),
  )
  const clock = { monotonicMs: () => time.nowMs }
  const reads = new Reads({ lanes, clock, pins: { mayOverdraw: () => true }, readBytesMax: 4 * MIB })
  return { reads, time }
}

const FRONTIER = at(100)
const HEAD = toPosition(1_000)

test('with nothing behind it but the head, the frontier is read for whoever is there, however busy others are', () => {
  const { reads } = readsOf({ at: 100 }, { at: 100, wants: false })
  expect(reads.next(FRONTIER, HEAD)?.from).toEqual(FRONTIER)
})

test('catching up, the frontier waits for lanes that are busy, but a second at most', () => {
  const { reads, time } = readsOf({ at: 100 }, { at: 100, wants: false })
  reads.passed(FRONTIER.position, HEAD)
  expect(reads.next(FRONTIER, HEAD)).toBeUndefined()
  time.nowMs = 1_000
  expect(reads.next(FRONTIER, HEAD)?.from).toEqual(FRONTIER)
})

test('catching up, nobody waits for a lane whose destination is in trouble', () => {
  const { reads } = readsOf(
    { at: 100 },
    { at: 100, wants: false, flows: false },
    { at: 20, wants: false, flows: false },
  )
  reads.passed(FRONTIER.position, HEAD)
  expect(reads.next(FRONTIER, HEAD)?.from).toEqual(FRONTIER)
})

test('the frontier does not run ahead of all lanes, which would be read for nobody; new lanes wait 5 s at most', () => {
  const { reads, time } = readsOf({ at: 40 }, { at: 60, wants: false })
  reads.passed(FRONTIER.position, HEAD)
  expect([1, 2, 3].map(() => reads.next(FRONTIER, HEAD)?.from.position)).toEqual([40, 40, 40])
  time.nowMs = 5_000
  expect([1, 2].map(() => reads.next(FRONTIER, HEAD)?.from.position).sort()).toEqual([100, 40])
})

test('a read is no larger than the fullest lane there can take, and no smaller than 256 KB', () => {
  const read = (freeBytes: number) => readsOf({ at: 100, freeBytes }, { at: 100 }).reads.next(FRONTIER, HEAD)?.bytesMax
  expect([MIB, 1_000, 9 * MIB].map(read)).toEqual([MIB, MIB / 4, 4 * MIB])
})

test('up to the head there is nothing to read', () => {
  const { reads } = readsOf({ at: 100 })
  expect(reads.next(FRONTIER, FRONTIER.position)).toBeUndefined()
})
