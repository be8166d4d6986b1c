import { Lines } from './lines.ts'

const PAGE_BYTES = 64 * 1024
const ENTRIES_AT = 8192
const ENTRIES_MAX = 1024
const ENTRY_WORDS_MAX = 3
const LINES_AT = PAGE_BYTES

/** What a module of ours exports: reads entries and the lines they name, returns where what it wrote to `to` ends. */
type Write = (entriesAt: number, count: number, to: number, headBytes: number) => number

export type Simd = {
  /** From its start: 8 KB that module and caller share, entries, lines, what was written. It never grows. */
  readonly memory: Buffer
  readonly entries: Int32Array
  readonly entriesMax: number
  readonly lines: Lines
  /** Of the first `count` entries; where it ends, in `memory`. */
  write(count: number, headBytes?: number): number
  readonly writtenAt: number
}

/** Runs a module that reads lines; undefined where there is no WebAssembly with SIMD. */
export function createSimd(base64: string, options: { lineBytesMax: number; gapBytesMax: number }): Simd | undefined {
  const linesPages = Math.ceil(options.lineBytesMax / PAGE_BYTES) + 1
  const writtenAt = LINES_AT + linesPages * PAGE_BYTES
  const made = instantiate(base64, writtenAt / PAGE_BYTES + 2 * linesPages)
  if (made === undefined) return undefined
  const { memory, write } = made
  return {
    memory,
    entries: new Int32Array(memory.buffer, ENTRIES_AT, ENTRIES_MAX * ENTRY_WORDS_MAX),
    entriesMax: ENTRIES_MAX,
    lines: new Lines(memory, { at: LINES_AT, ...options }),
    write: (count, headBytes = 0) => write(ENTRIES_AT, count, writtenAt, headBytes),
    writtenAt,
  }
}

/** What we need of it; only the types of browsers have it. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer }
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly write: Write } }
}

function instantiate(base64: string, pages: number): { readonly memory: Buffer; readonly write: Write } | undefined {
  try {
    const module = new WebAssembly.Module(Buffer.from(base64, 'base64'))
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    const { exports } = new WebAssembly.Instance(module, { roomlog: { memory } })
    return { memory: Buffer.from(memory.buffer), write: exports.write }
  } catch {
    return undefined
  }
}
