import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRecordWriter } from './record-writer.ts'

/** As records are written: what does not fit is not there, but counted. */
const putting = (bytes: Uint8Array) => (into: Buffer, at: number) => {
  for (const [i, byte] of bytes.entries()) into[at + i] = byte
  return at + bytes.length
}

test('every record keeps its own bytes, whatever is written after it', () => {
  const records = fc.array(fc.uint8Array({ maxLength: 4_000 }), { maxLength: 30 })
  fc.assert(
    fc.property(records, fc.integer({ min: 1, max: 10_000 }), (given, blockBytes) => {
      const write = createRecordWriter(blockBytes)
      const written = given.map((bytes) => write(putting(bytes)))
      expect(written.map((bytes) => [...bytes])).toEqual(given.map((bytes) => [...bytes]))
    }),
  )
})

test('records share a block', () => {
  const write = createRecordWriter()
  const [one, other] = [write(putting(Uint8Array.of(1))), write(putting(Uint8Array.of(2)))]
  expect(one.buffer).toBe(other.buffer)
})
