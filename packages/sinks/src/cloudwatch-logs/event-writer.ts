import type { SinkRecords } from '../port.ts'
import { EVENTS_WASM } from './events-wasm.ts'
import { BATCH_BYTES_MAX, BATCH_EVENTS_MAX, CLOUDWATCH_LOGS_LIMITS } from './limits.ts'

const NEXT = '"},{"timestamp":'
/** The part of `NEXT` that ends the event before, which the first event of a body does not have. */
const ENDING_CHARS = 3
/** The module writes the last six digits of a time; those before them are the same for all events of a call. */
const TIME_LOW = 1_000_000
const NEWLINE_BYTES = 1

/** What an event has without its message: 16 for `"},{"timestamp":`, 16 for the digits, 12 for `,"message":"`. */
const EVENT_BYTES_MAX = 44
/** The module writes up to so many bytes more than it has to. */
const SPARE_BYTES = 32

/** The module's memory: what `events.wat` says, entries, the lines that they name, and what was written of a body. */
const PATTERNS_AT = 4096
const ENTRIES_AT = 8192
const ENTRIES_MAX = 1024
const ENTRY_WORDS = 3
const LINES_AT = 64 * 1024
/** As much as the processor's caches like; one line alone may have more. */
const LINES_BYTES_MAX = 64 * 1024
const LINE_BYTES_MAX = CLOUDWATCH_LOGS_LIMITS.recordBytesMax
const WRITTEN_AT = LINES_AT + LINE_BYTES_MAX + SPARE_BYTES
const MEMORY_BYTES = WRITTEN_AT + 2 * BATCH_BYTES_MAX + BATCH_EVENTS_MAX * EVENT_BYTES_MAX + SPARE_BYTES
const PAGES = Math.ceil(MEMORY_BYTES / (64 * 1024))

/**
 * Writes an event for each record, and leaves the end of the last one to the caller. What it answers is overwritten by the next
 * call. Undefined if it cannot write them, since a line has a byte below 0x20, say.
 */
export type EventWriter = (records: SinkRecords) => Buffer | undefined

/** Several times as fast as JSON.stringify. Where there is no WebAssembly with SIMD it can write nothing. */
export function createEventWriter(): EventWriter {
  const made = instantiate()
  if (made === undefined) return () => undefined
  const { memory, write } = made
  const entries = new Int32Array(memory.buffer, ENTRIES_AT, ENTRIES_MAX * ENTRY_WORDS)
  fillPatterns(memory)

  /** Copies lines in, from `first` on, as many as have room and the same high digits of their time; how many, 0 if it is too much. */
  function load(
    records: SinkRecords,
    first: number,
    { highMs, writtenEnd }: { readonly highMs: number; readonly writtenEnd: number },
  ): number {
    let count = 0
    let word = 0
    let at = LINES_AT
    while (count < ENTRIES_MAX) {
      const record = records.at(first + count)
      if (record === undefined) break
      const { source, start, byteLength } = record
      const lowMs = record.timeMs - highMs
      if (lowMs < 0 || lowMs >= TIME_LOW) break
      if (at + byteLength > LINES_AT + (count === 0 ? LINE_BYTES_MAX : LINES_BYTES_MAX)) break
      // Or what an earlier body left in the memory, of another room, would go out.
      if (source.copy(memory, at, start, start + byteLength) < byteLength) break
      entries[word++] = at
      entries[word++] = byteLength - NEWLINE_BYTES
      entries[word++] = lowMs
      at += byteLength
      count++
    }
    // Each byte may get a backslash.
    const bytesMax = 2 * (at - LINES_AT) + count * EVENT_BYTES_MAX + SPARE_BYTES
    return writtenEnd + bytesMax > memory.length ? 0 : count
  }

  return (records) => {
    let end = WRITTEN_AT
    for (let done = 0; done < records.length; ) {
      const high = Math.floor((records.at(done)?.timeMs ?? 0) / TIME_LOW)
      const loaded = high === 0 ? 0 : load(records, done, { highMs: high * TIME_LOW, writtenEnd: end })
      if (loaded === 0) return undefined
      end = write(ENTRIES_AT, loaded, end, memory.write(`${NEXT}${high}`, 'latin1'))
      if (end === 0) return undefined
      done += loaded
    }
    return memory.subarray(WRITTEN_AT + ENDING_CHARS, end)
  }
}

/** For each number of 8 bits: 8 bytes as they are, each whose bit is set behind the byte 8, which is a backslash. */
function fillPatterns(memory: Buffer): void {
  for (let mask = 0; mask < 256; mask++) {
    let at = PATTERNS_AT + mask * 16
    for (let byte = 0; byte < 8; byte++) {
      if (mask & (1 << byte)) memory[at++] = 8
      memory[at++] = byte
    }
  }
}

/** The module's export: reads entries and the lines they name, returns where what it wrote to `to` ends. */
type Write = (entriesAt: number, count: number, to: number, headBytes: number) => number

/** What we need of it; only the types of browsers have it. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer }
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly write: Write } }
}

function instantiate(): { readonly memory: Buffer; readonly write: Write } | undefined {
  try {
    const module = new WebAssembly.Module(Buffer.from(EVENTS_WASM, 'base64'))
    const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES })
    const { exports } = new WebAssembly.Instance(module, { roomlog: { memory } })
    return { memory: Buffer.from(memory.buffer), write: exports.write }
  } catch {
    return undefined
  }
}
