import { crc32 } from 'node:zlib'

/** What of a row the checksum is over: all that decides what is delivered, as it is stored. */
export type Checked = {
  readonly format: number
  readonly destinationVersionIds: readonly number[]
  readonly destinationCounts: readonly number[]
  readonly index: Uint8Array
  /** The records, before they are unpacked. */
  readonly bytes: Uint8Array
}

/**
 * CRC-32 of a row. Frozen: a row is checked by whatever version reads it. The lengths are in it, so that no byte can move
 * from one part to the next unnoticed.
 */
export function checksumOf({ format, destinationVersionIds, destinationCounts, index, bytes }: Checked): number {
  const head = [format, destinationVersionIds, destinationCounts, index.length, bytes.length].join(';')
  return crc32(bytes, crc32(index, crc32(head)))
}
