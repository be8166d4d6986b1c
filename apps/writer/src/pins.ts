/** Counts the bytes that lanes keep in memory, each buffer once however many lanes hold it. */
export type Pins = {
  readonly limitBytes: number
  readonly bytes: () => number
  hold(buffer: Buffer): void
  release(buffer: Buffer): void
  /** More than half is taken: lanes that wait for a fuller cycle should cut what they have. */
  tight(): boolean
  full(): boolean
}

/** `onRoom` is called when the limit was reached and no longer is. */
export function createPins(limitBytes: number, onRoom: () => void): Pins {
  const holders = new Map<Buffer, number>()
  let bytes = 0
  return {
    limitBytes,
    bytes: () => bytes,
    hold(buffer) {
      const count = holders.get(buffer) ?? 0
      if (count === 0) bytes += buffer.length
      holders.set(buffer, count + 1)
    },
    release(buffer) {
      const count = holders.get(buffer)
      if (count === undefined) throw new Error('released a buffer that nobody holds')
      if (count > 1) {
        holders.set(buffer, count - 1)
        return
      }
      holders.delete(buffer)
      const wasFull = bytes >= limitBytes
      bytes -= buffer.length
      if (wasFull && bytes < limitBytes) onRoom()
    },
    tight: () => bytes > limitBytes / 2,
    full: () => bytes >= limitBytes,
  }
}
