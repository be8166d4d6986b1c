import type { SinkRecords } from '../port.ts'
import { createSimd } from '../simd.ts'
import { DATA_WASM } from './data-wasm.ts'
import { RECORD_BYTES_MAX } from './limits.ts'
import type { Packs } from './packs.ts'

/** Of `"},{"Data":"`, what the first record of a body has nothing to end with. */
const ENDING_CHARS = 3

export type DataWriter = {
  /**
   * Writes a Firehose record for each pack to `body`, from `at` on, and leaves the end of the last one to the caller. Returns
   * where that goes; undefined if it cannot write them, since a pack is too large, say.
   */
  write(records: SinkRecords, packs: Packs, body: Buffer, at: number): number | undefined
}

/** A few times as fast as a call of Node's base64 for each pack. Where there is no WebAssembly with SIMD it can write nothing. */
export function createDataWriter(): DataWriter {
  // No gaps: the lines of a pack have nothing between them.
  const simd = createSimd(DATA_WASM, { lineBytesMax: RECORD_BYTES_MAX, gapBytesMax: 0 })
  if (simd === undefined) return { write: () => undefined }
  const { memory, entries, entriesMax, lines, writtenAt, write: run } = simd

  function write(records: SinkRecords, packs: Packs, body: Buffer, at: number): number | undefined {
    let end = at
    for (let done = 0; done < packs.length; ) {
      const loaded = load(records, packs, done)
      if (loaded === 0) return undefined
      end += memory.copy(body, end, writtenAt + (done === 0 ? ENDING_CHARS : 0), run(loaded))
      done += loaded
    }
    return end
  }

  /** Copies whole packs in, from `first` on, as many as have room; how many. */
  function load(records: SinkRecords, packs: Packs, first: number): number {
    let from = first === 0 ? 0 : (packs[first - 1] ?? 0)
    let count = 0
    lines.clear()
    while (count < entriesMax) {
      const to = packs[first + count]
      if (to === undefined || !add(records, from, to, count)) break
      from = to
      count++
    }
    lines.flush()
    return count
  }

  /** The lines of a pack, which have nothing between them, as one entry; false if there is no room for all of them. */
  function add(records: SinkRecords, from: number, to: number, entry: number): boolean {
    let packAt = -1
    let end = -1
    for (let n = from; n < to; n++) {
      const record = records.at(n)
      if (record === undefined) return false
      const lineAt = lines.add(record, entry === 0)
      if (lineAt === -1) return false
      if (n === from) packAt = lineAt
      end = lineAt + record.byteLength
    }
    entries[2 * entry] = packAt
    entries[2 * entry + 1] = end - packAt
    return true
  }

  return { write }
}
