import { BLOCK_WASM } from './block-wasm.ts'

/** What one block holds unpacked, at most. */
export const BLOCK_BYTES_MAX = 64 * 1024

const PAGE_BYTES = 64 * 1024
/** The module may pass the end of what it reads and writes by so much. */
const BEYOND_BYTES = 32
/** The format's bound, for bytes that do not repeat at all. */
const PACKED_BYTES_MAX = BLOCK_BYTES_MAX + Math.ceil(BLOCK_BYTES_MAX / 255) + 16
/** In the module's memory: its own 16 KB, a block as it is, the same packed. */
const PLAIN_AT = 16 * 1024
const PACKED_AT = PLAIN_AT + BLOCK_BYTES_MAX + BEYOND_BYTES
const PAGES = Math.ceil((PACKED_AT + PACKED_BYTES_MAX + BEYOND_BYTES) / PAGE_BYTES)

export type Blocks = {
  /** Packs at most 64 KB. What it returns is overwritten by the next call. */
  pack(plain: Buffer): Buffer
  /** Writes what was packed to the start of `to`: how many bytes; undefined if it is no block, or longer than `to`. */
  unpack(packed: Buffer, to: Buffer): number | undefined
}

/** Undefined where there is no WebAssembly with SIMD. */
export function createBlocks(): Blocks | undefined {
  const made = instantiate()
  if (made === undefined) return undefined
  const { memory, module } = made
  return {
    pack(plain) {
      plain.copy(memory, PLAIN_AT)
      return memory.subarray(PACKED_AT, module.pack(PLAIN_AT, plain.length, PACKED_AT))
    },
    unpack(packed, to) {
      if (packed.length > PACKED_BYTES_MAX) return undefined
      const bytesMax = Math.min(to.length, BLOCK_BYTES_MAX)
      packed.copy(memory, PACKED_AT)
      const end = module.unpack(PACKED_AT, PACKED_AT + packed.length, PLAIN_AT, PLAIN_AT + bytesMax)
      return end === 0 ? undefined : memory.copy(to, 0, PLAIN_AT, end)
    },
  }
}

type Module = {
  pack(from: number, bytes: number, to: number): number
  unpack(from: number, end: number, to: number, toEnd: number): number
}

/** What we need of it; only the types of browsers have it. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer }
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: Module }
}

function instantiate(): { readonly memory: Buffer; readonly module: Module } | undefined {
  try {
    const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES })
    const compiled = new WebAssembly.Module(Buffer.from(BLOCK_WASM, 'base64'))
    const { exports } = new WebAssembly.Instance(compiled, { roomlog: { memory } })
    return { memory: Buffer.from(memory.buffer), module: exports }
  } catch {
    return undefined
  }
}
