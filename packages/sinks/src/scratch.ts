export type Scratch = {
  /** At least so many bytes, with anything in them. */
  take(bytes: number): Buffer
  /** What was taken, or a part of it: nobody may read it any more. What is not given back is simply garbage. */
  give(part: Buffer): void
}

const BYTES_MIN = 64 * 1024
/** Kept between calls. */
const FREE_BYTES_MAX = 32 * 1024 * 1024

/** Large buffers used again and again: touching fresh memory costs more CPU than filling it. */
export function createScratch(): Scratch {
  const own = new WeakMap<ArrayBufferLike, Buffer>()
  const free: Buffer[] = []
  let freeBytes = 0
  return {
    take(bytes) {
      if (bytes < BYTES_MIN) return Buffer.allocUnsafe(bytes)
      const at = free.findIndex(({ length }) => length >= bytes)
      const [found] = at === -1 ? [] : free.splice(at, 1)
      if (found) {
        freeBytes -= found.length
        return found
      }
      const fresh = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes)))
      own.set(fresh.buffer, fresh)
      return fresh
    },
    give(part) {
      const buffer = own.get(part.buffer)
      if (buffer === undefined || free.includes(buffer) || freeBytes + buffer.length > FREE_BYTES_MAX) return
      freeBytes += buffer.length
      // Sorted, so that `take` finds the smallest that is large enough.
      const at = free.findIndex(({ length }) => length >= buffer.length)
      free.splice(at === -1 ? free.length : at, 0, buffer)
    },
  }
}
