import { ENTRY_FORMAT, PACKED_FORMAT, type ReadEntry } from '../entry.ts'
import type { Blocks } from '../lz4/block.ts'
import { packFrame, unpackFrame } from '../lz4/frame.ts'
import type { RowMemory } from './row-memory.ts'

/** Postgres keeps what is shorter in the row itself, where every byte costs little. */
const BYTES_MIN = 2048

/** LZ4 makes nothing smaller than by this: a length beyond it is damaged, and no memory is taken for it. */
const TIMES_MAX = 255

export type Stored = {
  readonly format: number
  readonly bytes: Buffer
  /** Of the records, where `bytes` are packed. */
  readonly unpackedBytes: number | undefined
}

/** What is stored of a batch's records. */
export function pack(blocks: Blocks | undefined, bytes: Buffer): Stored {
  const plain = { format: ENTRY_FORMAT, bytes, unpackedBytes: undefined }
  if (blocks === undefined || bytes.length < BYTES_MIN) return plain
  const packed = packFrame(blocks, bytes)
  return packed.length < bytes.length ? { format: PACKED_FORMAT, bytes: packed, unpackedBytes: bytes.length } : plain
}

export type Unpacking = { readonly blocks: Blocks | undefined; readonly memory: RowMemory }

/** Of a row as it was read: `index` and `bytes` are in `memory`. */
type Parts = Pick<ReadEntry, 'format' | 'index' | 'bytes' | 'memory'>

/**
 * As they were before `pack`, in memory of their own; undefined if they are damaged. What is not packed, or of a later format,
 * stays as it is.
 */
export function unpack(
  parts: Parts,
  unpackedBytes: number | undefined,
  { blocks, memory }: Unpacking,
): Parts | undefined {
  if (parts.format !== PACKED_FORMAT) return parts
  if (unpackedBytes === undefined || unpackedBytes < 0) return undefined
  if (unpackedBytes > TIMES_MAX * parts.bytes.length) return undefined
  const whole = memory.take(unpackedBytes + parts.index.length)
  const bytes = whole.subarray(0, unpackedBytes)
  if (!unpackFrame(blocks, parts.bytes, bytes)) return undefined
  const index = whole.subarray(unpackedBytes, unpackedBytes + parts.index.length)
  parts.index.copy(index)
  parts.memory.release()
  return {
    format: ENTRY_FORMAT,
    index,
    bytes,
    memory: { bytes: whole.length, release: () => memory.give(whole) },
  }
}
