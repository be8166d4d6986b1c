import type { SinkRecord } from '../port.ts'
import { createSimd } from '../simd.ts'
import { DATA_WASM } from './data-wasm.ts'
import { RECORD_BYTES_MAX } from './limits.ts'
import type { Pack } from './packs.ts'

/** Of `"},{"Data":"`, what the first record of a body has nothing to end with. */
const ENDING_CHARS = 3

export type DataWriter = {
  /**
   * Writes a Firehose record for each pack to `body`, from `at` on, and leaves the end of the last one to the caller. Returns
   * where that goes; undefined if it cannot write them, since a pack is too large, say.
   */
  write(records: readonly SinkRecord[], packs: readonly Pack[], body: Buffer, at: number): number | undefined
}

/** A few times as fast as a call of Node's base64 for each pack. Where there is no WebAssembly with SIMD it can write nothing. */
export function createDataWriter(): DataWriter {
  // No gaps: the lines of a pack have nothing between them.
  const simd = createSimd(DATA_WASM, { lineBytesMax: RECORD_BYTES_MAX, gapBytesMax: 0 })
  if (simd === undefined) return { write: () => undefined }
  const { memory, entries, entriesMax, lines, writtenAt, write: run } = simd

  function write(records: readonly SinkRecord[], packs: readonly Pack[], body: Buffer, at: number): number | undefined {
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
  function load(records: readonly SinkRecord[], packs: readonly Pack[], first: number): number {
    let [count, word] = [0, 0]
    lines.clear()
    while (count < entriesMax) {
      const pack = packs[first + count]
      if (pack === undefined) break
      const packAt = add(records, pack, count === 0)
      if (packAt === -1) break
      entries[word++] = packAt
      entries[word++] = bytesOf(records, pack)
      count++
    }
    lines.flush()
    return count
  }

  function add(records: readonly SinkRecord[], { from, to }: Pack, isFirst: boolean): number {
    let packAt = -1
    for (let n = from; n < to; n++) {
      const record = records[n]
      const lineAt = record === undefined ? -1 : lines.add(record, isFirst)
      if (lineAt === -1) return -1
      if (n === from) packAt = lineAt
    }
    return packAt
  }

  return { write }
}

function bytesOf(records: readonly SinkRecord[], { from, to }: Pack): number {
  let bytes = 0
  for (let n = from; n < to; n++) bytes += records[n]?.byteLength ?? 0
  return bytes
}
