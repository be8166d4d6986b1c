export type RowMemory = {
  /** At least so many bytes, with anything in them. */
  take(bytes: number): Buffer
  /** What was taken: nobody may read it any more. What is not given back is simply garbage. */
  give(buffer: Buffer): void
}

/** Smaller rows are many and short-lived, or stay for long: rounding them up would waste more than it saves. */
const BYTES_MIN = 32 * 1024
const FREE_BYTES_MAX = 32 * 1024 * 1024
/** Sizes between one power of two and the next. */
const STEPS = 8

/** Memory of rows, used again and again: fresh memory costs more CPU than filling it, and drives the garbage collector. */
export function createRowMemory(): RowMemory {
  const free = new Map<number, Buffer[]>()
  let freeBytes = 0
  return {
    take(bytes) {
      if (bytes < BYTES_MIN) return Buffer.allocUnsafe(bytes)
      const size = sizeFor(bytes)
      const found = free.get(size)?.pop()
      if (found === undefined) return Buffer.allocUnsafeSlow(size)
      freeBytes -= size
      return found
    },
    give(buffer) {
      const size = buffer.length
      if (size < BYTES_MIN || freeBytes + size > FREE_BYTES_MAX) return
      freeBytes += size
      const same = free.get(size)
      if (same) same.push(buffer)
      else free.set(size, [buffer])
    },
  }
}

/** An eighth too large at most. */
function sizeFor(bytes: number): number {
  const step = 2 ** Math.floor(Math.log2(bytes)) / STEPS
  return Math.ceil(bytes / step) * step
}
