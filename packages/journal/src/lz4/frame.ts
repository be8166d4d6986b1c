import { unpackBlock } from './unpack-block.ts'

// https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md: the magic number, then independent blocks of at most 64 KB,
// no checksums and no size of the whole, and the checksum of these two bytes. The `lz4` command reads what follows.
const HEADER = Buffer.from('04224d18604082', 'hex')
const SIZE_BYTES = 4
const BLOCK_BYTES_MAX = 64 * 1024
/** Of a block's size: it is not packed. */
const PLAIN = 0x8000_0000

/** Fills `to` with what a frame holds that an earlier version packed; false if it is none, or holds more or less. */
export function unpackFrame(frame: Buffer, to: Buffer): boolean {
  if (!frame.subarray(0, HEADER.length).equals(HEADER)) return false
  let filled = 0
  for (let at = HEADER.length; at + SIZE_BYTES <= frame.length; ) {
    const size = frame.readUInt32LE(at)
    if (size === 0) return filled === to.length
    const isPlain = size >= PLAIN
    at += SIZE_BYTES
    const block = frame.subarray(at, at + (isPlain ? size - PLAIN : size))
    at += block.length
    const rest = to.subarray(filled, filled + BLOCK_BYTES_MAX)
    const written = isPlain ? copyWhole(block, rest) : unpackBlock(block, rest)
    if (written === undefined) return false
    filled += written
  }
  return false
}

function copyWhole(block: Buffer, to: Buffer): number | undefined {
  return block.length > to.length ? undefined : block.copy(to)
}
