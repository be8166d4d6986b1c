import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { ENTRY_FORMAT, LZ4_FORMAT, type StoredEntry, ZSTD_FORMAT } from '../entry.ts'
import { unpackFrame } from '../lz4/frame.ts'

/** Postgres keeps what is shorter in the row itself, where every byte costs little. */
const BYTES_MIN = 2048

// Without its checksum most flipped bits of a frame come out as other text.
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 } }

/** What is unpacked in one piece: a length that is damaged takes no more memory than this. */
const PIECE_BYTES_MAX = 8 * 1024 * 1024

/** LZ4 makes nothing smaller than by this: a length beyond it is damaged. */
const LZ4_TIMES_MAX = 255

export type Stored = {
  readonly format: number
  readonly bytes: Buffer
  /** Of the records, where `bytes` are packed. */
  readonly unpackedBytes: number | undefined
}

/** What is stored of a batch's records: packed where that is worth it, and `mayPack`. */
export function pack(bytes: Buffer, mayPack: boolean): Stored {
  const plain = { format: ENTRY_FORMAT, bytes, unpackedBytes: undefined }
  if (!mayPack || bytes.length < BYTES_MIN) return plain
  // In one piece, of a length that the frame is told: half the CPU of many small ones.
  const packed = zstdCompressSync(bytes, { ...ZSTD, pledgedSrcSize: bytes.length, chunkSize: bytes.length >> 1 })
  return packed.length < bytes.length ? { format: ZSTD_FORMAT, bytes: packed, unpackedBytes: bytes.length } : plain
}

/** A row as it was before `pack`; undefined if it is damaged. What is not packed, or of a later format, stays as it is. */
export function unpack(stored: StoredEntry, unpackedBytes: number | undefined): StoredEntry | undefined {
  const unpackRecords = UNPACK[stored.format]
  if (unpackRecords === undefined) return stored
  if (unpackedBytes === undefined || unpackedBytes < 0) return undefined
  const bytes = unpackRecords(stored.bytes, unpackedBytes)
  return bytes && { ...stored, format: ENTRY_FORMAT, bytes }
}

const UNPACK: Readonly<Record<number, (packed: Buffer, bytes: number) => Buffer | undefined>> = {
  [LZ4_FORMAT](packed, bytes) {
    if (bytes > LZ4_TIMES_MAX * packed.length) return undefined
    const to = Buffer.alloc(bytes)
    return unpackFrame(packed, to) ? to : undefined
  },
  [ZSTD_FORMAT](packed, bytes) {
    // A byte more than there is: where a piece ends full, zlib makes another before it sees that it has all.
    const chunkSize = Math.min(Math.max(bytes + 1, constants.Z_MIN_CHUNK), PIECE_BYTES_MAX)
    try {
      const unpacked = zstdDecompressSync(packed, { chunkSize, maxOutputLength: Math.max(bytes, 1) })
      return unpacked.length === bytes ? unpacked : undefined
    } catch {
      return undefined
    }
  },
}
