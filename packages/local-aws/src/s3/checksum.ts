import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

export const CHECKSUMS = ['crc32', 'crc32c', 'sha1', 'sha256', 'sha512', 'md5'] as const
export type ChecksumName = (typeof CHECKSUMS)[number]

export type Digest = {
  update(bytes: Buffer): void
  /** Ends it. */
  bytes(): Buffer
}

export function isChecksumName(name: string): name is ChecksumName {
  return CHECKSUMS.some((known) => known === name)
}

export function digest(name: ChecksumName): Digest {
  if (name === 'crc32') return crcDigest((bytes, value) => crc32(bytes, value))
  if (name === 'crc32c') return crcDigest(crc32c)
  const hash = createHash(name)
  return {
    update: (bytes) => {
      hash.update(bytes)
    },
    bytes: () => hash.digest(),
  }
}

function crcDigest(step: (bytes: Buffer, value: number) => number): Digest {
  let value = 0
  return {
    update: (bytes) => {
      value = step(bytes, value)
    },
    bytes: () => {
      const out = Buffer.alloc(4)
      out.writeUInt32BE(value)
      return out
    },
  }
}

const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value >>> 0
})

function crc32c(bytes: Buffer, before: number): number {
  let value = ~before >>> 0
  for (const byte of bytes) value = ((CRC32C_TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8)) >>> 0
  return ~value >>> 0
}
