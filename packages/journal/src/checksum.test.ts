import { expect, test } from 'vitest'
import { checksumOf } from './checksum.ts'

const row = {
  format: 2,
  destinationVersionIds: [1, 23],
  destinationCounts: [3, 4],
  index: Buffer.from('index'),
  bytes: Buffer.from('records'),
}

// Rows of today are checked by the versions of tomorrow: this number is never to be edited.
test('the checksum of a row stays what it is', () => {
  expect(checksumOf(row)).toBe(1_544_780_216)
})

test('each bit of every part counts, and where one part ends', () => {
  const others = [
    { ...row, format: 1 },
    { ...row, destinationVersionIds: [1, 22] },
    { ...row, destinationVersionIds: [12, 3] },
    { ...row, destinationCounts: [4, 3] },
    { ...row, index: Buffer.from('inde'), bytes: Buffer.from('xrecords') },
    ...flipped(row.index).map((index) => ({ ...row, index })),
    ...flipped(row.bytes).map((bytes) => ({ ...row, bytes })),
  ]
  expect(others.map(checksumOf)).not.toContain(checksumOf(row))
})

function flipped(bytes: Buffer): Buffer[] {
  return Array.from({ length: 8 * bytes.length }, (_, bit) => {
    const copy = Buffer.from(bytes)
    copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    return copy
  })
}
