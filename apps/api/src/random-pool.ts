/**
 * Random bytes drawn from the system a block at a time: an id needs few of them and messages need many ids.
 * No byte is given out twice.
 */
export function createRandomPool(
  randomBytes: (n: number) => Uint8Array,
  blockBytes = 8_192,
): (n: number) => Uint8Array {
  let block = new Uint8Array(0)
  let used = 0
  return (n) => {
    if (used + n > block.length) {
      block = Uint8Array.from(randomBytes(Math.max(blockBytes, n)))
      used = 0
    }
    used += n
    return block.subarray(used - n, used)
  }
}
