/** Writes a record from `at` on and answers where it has ended, beyond the end of `into` if it did not fit. */
type Write = (into: Buffer, at: number) => number

/** With less than this left, the next record most probably does not fit. */
const LEFT_MIN_BYTES = 4_096

/**
 * Makes the bytes of records, many in one block of memory: a buffer for each costs more than filling it. A block lives
 * until its last record is forgotten.
 */
export function createRecordWriter(blockBytes = 65_536): (write: Write) => Uint8Array {
  let block = Buffer.alloc(0)
  let used = 0
  const renew = (bytes: number) => {
    block = Buffer.allocUnsafeSlow(bytes)
    used = 0
  }
  return (write) => {
    if (block.length - used < LEFT_MIN_BYTES) renew(blockBytes)
    let end = write(block, used)
    while (end > block.length) {
      renew(Math.max(blockBytes, 2 * (end - used)))
      end = write(block, used)
    }
    const record = new Uint8Array(block.buffer, used, end - used)
    used = end
    return record
  }
}
