/** Bytes of a UTF-16 unit in UTF-8, at most. */
const UNIT_BYTES_MAX = 3

/**
 * Turns lines into UTF-8, many in one block of memory: a buffer for each line costs more than filling it. A block lives
 * until its last line is forgotten.
 */
export function createLineWriter(blockBytes = 65_536): (line: string) => Uint8Array {
  let block = Buffer.alloc(0)
  let used = 0
  return (line) => {
    const bytesMax = line.length * UNIT_BYTES_MAX
    if (bytesMax > block.length - used) {
      block = Buffer.allocUnsafeSlow(Math.max(blockBytes, bytesMax))
      used = 0
    }
    const from = used
    used += block.write(line, from)
    return new Uint8Array(block.buffer, from, used - from)
  }
}
