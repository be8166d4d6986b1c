import { hash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StoredEntry } from '../entry.ts'
import { toPartition } from '../partition.ts'
import { toAppendId, toPosition } from '../position.ts'
import { anAppendId } from '../samples.contract.ts'
import { pack, unpack } from './packing.ts'

const text = Buffer.from('a line that is here again and again\n'.repeat(200))

function row({ format, bytes }: Pick<StoredEntry, 'format' | 'bytes'>): StoredEntry {
  return {
    partition: toPartition(0),
    firstPosition: toPosition(1),
    appendId: toAppendId(anAppendId()),
    committedAtMs: 0,
    floorTimeMs: 0,
    format,
    index: Buffer.from('index'),
    bytes,
    destinationVersionIds: [],
    destinationCounts: [],
    recordCount: 1,
    crc32: undefined,
    setAsideRevision: undefined,
  }
}

test('what is packed comes out again', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 3_000 }),
    fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 400 })).map(([bytes, times]) => {
      return Buffer.concat(Array.from({ length: times }, () => bytes))
    }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }).map(Buffer.concat), (bytes) => {
      const stored = pack(bytes, true)
      expect(unpack(row(stored), stored.unpackedBytes)?.bytes.equals(bytes)).toBe(true)
    }),
  )
})

test('what is short, or does not repeat, or may not be packed yet, is stored as it is', () => {
  const noise = Buffer.concat(Array.from({ length: 1_000 }, (_, n) => hash('sha512', String(n), 'buffer')))
  const asItIs = (bytes: Buffer) => ({ format: 1, bytes, unpackedBytes: undefined })
  expect(pack(text, false)).toEqual(asItIs(text))
  expect(pack(text.subarray(0, 2_000), true)).toEqual(asItIs(text.subarray(0, 2_000)))
  expect(pack(noise, true)).toEqual(asItIs(noise))
})

test('a bit that flips in what is packed does not come out as other text, also without the checksum of the row', () => {
  const lines = Buffer.from(Array.from({ length: 100 }, (_, n) => `{"n":${n},"text":"hello, ${n * n}"}\n`).join(''))
  const { format, bytes, unpackedBytes } = pack(lines, true)
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const flipped = Buffer.from(bytes)
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    const read = unpack(row({ format, bytes: flipped }), unpackedBytes)
    expect(read === undefined || read.bytes.equals(lines)).toBe(true)
  }
})

test('what is not packed, or of a later format, stays as it is', () => {
  const plain = row({ format: 1, bytes: text })
  const later = row({ format: 5, bytes: text })
  expect(unpack(plain, undefined)).toBe(plain)
  expect(unpack(later, 1)).toBe(later)
})
