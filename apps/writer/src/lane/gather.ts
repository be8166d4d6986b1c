import type { DestinationVersionId } from '@roomlog/domain'
import type { JournalBatch } from '@roomlog/journal'
import type { Pins } from '../pins.ts'
import { LaneRecord } from './record.ts'

/** Records of one lane in memory, in the order of their positions. */
export class Gather {
  readonly records: LaneRecord[] = []
  readonly #destination: DestinationVersionId
  readonly #pins: Pins
  readonly #held: Buffer[] = []
  #bytes = 0

  constructor(destination: DestinationVersionId, pins: Pins) {
    this.#destination = destination
    this.#pins = pins
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Takes the lane's records of a batch. */
  add(batch: JournalBatch): void {
    if (!batch.counts.has(this.#destination)) return
    const mine = indexesFor(batch, this.#destination)
    const { buffer, starts, size } = bytesOf(batch, mine)
    this.#pins.hold(buffer)
    this.#held.push(buffer)
    this.#bytes += size
    mine.forEach((i, n) => {
      const roomId = batch.rooms[batch.room[i] ?? -1]
      const timeMs = batch.timeMs[i]
      const start = starts[n]
      if (roomId === undefined || timeMs === undefined || start === undefined) {
        throw new Error(`record ${i} of batch ${batch.appendId} is not indexed`)
      }
      const end = start + lengthAt(batch, i)
      this.records.push(new LaneRecord({ roomId, position: batch.firstPosition + i, timeMs, buffer, start, end }))
    })
  }

  /** No longer counts as memory in use; to be called once nobody needs the records. */
  release(): void {
    for (const buffer of this.#held.splice(0)) this.#pins.release(buffer)
  }
}

function indexesFor(batch: JournalBatch, destination: DestinationVersionId): number[] {
  const wanted = batch.sets.map((set) => set.includes(destination))
  const mine: number[] = []
  for (let i = 0; i < batch.set.length; i++) if (wanted[batch.set[i] ?? -1]) mine.push(i)
  return mine
}

/** A small share of a batch is copied out, so that a few records do not keep megabytes alive. */
function bytesOf(batch: JournalBatch, mine: readonly number[]) {
  let size = 0
  for (const i of mine) size += lengthAt(batch, i)
  if (size * 2 >= batch.bytes.length) {
    return { buffer: batch.bytes, starts: mine.map((i) => batch.offset[i] ?? 0), size }
  }
  const buffer = Buffer.allocUnsafeSlow(size)
  const starts: number[] = []
  let at = 0
  for (const i of mine) {
    starts.push(at)
    at += batch.bytes.copy(buffer, at, batch.offset[i], batch.offset[i + 1])
  }
  return { buffer, starts, size }
}

function lengthAt(batch: JournalBatch, i: number): number {
  return (batch.offset[i + 1] ?? 0) - (batch.offset[i] ?? 0)
}
