import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLineWriter } from './line-writer.ts'

test('every line keeps its own bytes, whatever is written after it', () => {
  const lines = fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 30 })
  fc.assert(
    fc.property(lines, fc.integer({ min: 1, max: 100 }), (texts, blockBytes) => {
      const write = createLineWriter(blockBytes)
      const written = texts.map(write)
      expect(written.map((bytes) => Buffer.from(bytes))).toEqual(texts.map((text) => Buffer.from(text)))
    }),
  )
})

test('lines share a block', () => {
  const write = createLineWriter(100)
  expect(write('a').buffer).toBe(write('ä').buffer)
  expect(write('x'.repeat(200))).toHaveLength(200)
})
