import { expect, it } from 'vitest'
import { createScratch } from './scratch.ts'

it('a buffer that was given back is used again, the smallest that is large enough', () => {
  const scratch = createScratch()
  const [small, large] = [scratch.take(100_000), scratch.take(1_000_000)]
  scratch.give(large)
  scratch.give(small.subarray(10, 20))
  expect(scratch.take(90_000)).toBe(small)
  expect(scratch.take(90_000)).toBe(large)
  expect(scratch.take(90_000)).not.toBe(large)
})

it('a buffer is never in two hands, also when it was given back twice', () => {
  const scratch = createScratch()
  const taken = scratch.take(100_000)
  expect(scratch.take(100_000)).not.toBe(taken)
  scratch.give(taken)
  scratch.give(taken)
  expect(scratch.take(100_000)).toBe(taken)
  expect(scratch.take(100_000)).not.toBe(taken)
})

it('memory that it did not hand out, it does not take', () => {
  const scratch = createScratch()
  const foreign = Buffer.alloc(100_000)
  scratch.give(foreign)
  expect(scratch.take(90_000)).not.toBe(foreign)
})

it('only so much is kept', () => {
  const scratch = createScratch()
  const taken = Array.from({ length: 40 }, () => scratch.take(2 ** 20))
  for (const buffer of taken) scratch.give(buffer)
  const again = Array.from({ length: 40 }, () => scratch.take(2 ** 20))
  expect(again.filter((buffer) => taken.includes(buffer))).toHaveLength(32)
})
