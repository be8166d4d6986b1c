import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRowMemory } from './row-memory.ts'

test('what is taken is large enough, an eighth too large at most, and nobody else’s until it is given back', () => {
  const bytes = fc.integer({ min: 1, max: 5_000_000 })
  fc.assert(
    fc.property(fc.array(fc.tuple(bytes, fc.boolean()), { maxLength: 30 }), (steps) => {
      const memory = createRowMemory()
      const taken = new Set<ArrayBufferLike>()
      for (const [size, isGivenBack] of steps) {
        const buffer = memory.take(size)
        expect(buffer.length).toBeGreaterThanOrEqual(size)
        expect(buffer.length).toBeLessThanOrEqual(size * 1.125 + 1)
        // Small ones share memory, as Buffers do.
        if (size < 32 * 1024) continue
        expect(taken.has(buffer.buffer)).toBe(false)
        if (isGivenBack) memory.give(buffer)
        else taken.add(buffer.buffer)
      }
    }),
  )
})

test('the same size gets the memory that was given back', () => {
  const memory = createRowMemory()
  const first = memory.take(230_000)
  memory.give(first)
  expect(memory.take(231_000)).toBe(first)
  expect(memory.take(231_000)).not.toBe(first)
})

test('no more is kept than 32 MB', () => {
  const memory = createRowMemory()
  const taken = Array.from({ length: 40 }, () => memory.take(1_000_000))
  for (const buffer of taken) memory.give(buffer)
  const again = Array.from({ length: 40 }, () => memory.take(1_000_000))
  const reused = again.filter((buffer) => taken.includes(buffer))
  expect(reused.length).toBeGreaterThan(20)
  expect(reused.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(32 * 1024 * 1024)
})
