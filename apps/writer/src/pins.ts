/** What holds records: the bytes of a batch, or what a lane has copied together. */
export type Memory = { readonly byteLength: number }

/** Counts the memory that lanes keep, each batch once however many lanes keep it. The collector frees it. */
export type Pins = {
  readonly limitBytes: number
  /** A batch that is all a lane's is kept as it is from this size on; smaller ones are copied together. */
  readonly wholeBytesMin: number
  readonly bytes: () => number
  keep(memory: Memory): void
  drop(memory: Memory): void
  /** More than half is taken: lanes that wait for a fuller cycle should cut what they have. */
  tight(): boolean
  /** What one lane of so many should have waiting at most: its share of one half, and while that is free, enough for a turn. */
  laneBytes(lanes: number): number
  /** What is being read counts with what is kept. */
  full(): boolean
  /** Makes room for a read; the answer gives it back. */
  reserve(bytes: number): () => void
  /**
   * Lanes that can cut nothing before they have all of a cycle would wait for each other's memory: one of them at a time
   * may read on beyond the limit, until it is done.
   */
  mayOverdraw(who: object): boolean
  settle(who: object): void
}

const LANE_BYTES_MIN = 256 * 1024
/** Of lanes that read in turn: a third of the memory, for the few partitions whose turn it is at once. */
const TURNS_IN_MEMORY = 12

/** `onRoom` is called when the limit was reached and no longer is. */
export function createPins(
  { limitBytes, wholeBytesMin }: Pick<Pins, 'limitBytes' | 'wholeBytesMin'>,
  onRoom: () => void,
): Pins {
  const keepers = new Map<Memory, number>()
  let bytes = 0
  let reserved = 0
  const full = () => bytes + reserved >= limitBytes
  const tight = () => bytes > limitBytes / 2
  let overdrawing: object | undefined
  return {
    limitBytes,
    wholeBytesMin,
    bytes: () => bytes,
    keep(memory) {
      const count = keepers.get(memory) ?? 0
      if (count === 0) bytes += memory.byteLength
      keepers.set(memory, count + 1)
    },
    drop(memory) {
      const count = keepers.get(memory)
      if (count === undefined) throw new Error('dropped memory that nobody keeps')
      if (count > 1) {
        keepers.set(memory, count - 1)
        return
      }
      keepers.delete(memory)
      const wasFull = full()
      bytes -= memory.byteLength
      if (wasFull && !full()) onRoom()
    },
    tight,
    laneBytes(lanes) {
      const share = Math.max(LANE_BYTES_MIN, limitBytes / (2 * Math.max(1, lanes)))
      return tight() ? share : Math.max(share, limitBytes / TURNS_IN_MEMORY)
    },
    full,
    reserve(size) {
      reserved += size
      let isGiven = false
      return () => {
        if (isGiven) return
        isGiven = true
        const wasFull = full()
        reserved -= size
        if (wasFull && !full()) onRoom()
      }
    },
    mayOverdraw(who) {
      overdrawing ??= who
      return overdrawing === who
    },
    settle(who) {
      if (overdrawing !== who) return
      overdrawing = undefined
      onRoom()
    },
  }
}
