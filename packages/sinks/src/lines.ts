import type { SinkRecord } from './port.ts'

/** As much as the processor's caches like; one line, or pack of lines, alone may have more. */
const BYTES_MAX = 64 * 1024

/** Lines of records, copied into a part of a memory one behind the other, neighbours in one copy. */
export class Lines {
  readonly #memory: Buffer
  readonly #start: number
  readonly #lineBytesMax: number
  readonly #gapBytesMax: number
  /** What is to be copied to `at` when something comes that is no neighbour of it. */
  #source: Buffer
  #from = 0
  #end = 0
  #at: number

  /** Lines with a gap of at most `gapBytesMax` between them are neighbours, and what is in the gap is copied too. */
  constructor(
    memory: Buffer,
    {
      at,
      lineBytesMax,
      gapBytesMax,
    }: { readonly at: number; readonly lineBytesMax: number; readonly gapBytesMax: number },
  ) {
    this.#memory = memory
    this.#start = at
    this.#lineBytesMax = lineBytesMax
    this.#gapBytesMax = gapBytesMax
    this.#source = memory
    this.#at = at
  }

  clear(): void {
    this.#at = this.#start
  }

  /**
   * Where the line is going to be, or -1 if there is no room for it. `isFirst`: it, and what it is a pack with, may have all
   * the room there is.
   */
  add({ source, start, byteLength }: SinkRecord, isFirst: boolean): number {
    const end = start + byteLength
    const gapBytes = start - this.#end
    const isNear = source === this.#source && gapBytes >= 0 && gapBytes <= this.#gapBytesMax
    const at = this.#at + this.#end - this.#from + (isNear ? gapBytes : 0)
    if (at + byteLength > this.#start + (isFirst ? this.#lineBytesMax : BYTES_MAX)) return -1
    // Or what an earlier body left in the memory, of another room, would go out.
    if (end > source.length) return -1
    if (!isNear) {
      this.flush()
      this.#source = source
      this.#from = start
    }
    this.#end = end
    return at
  }

  /** Only now all of them are there. No source is held on to. */
  flush(): void {
    this.#at += this.#source.copy(this.#memory, this.#at, this.#from, this.#end)
    this.#source = this.#memory
    this.#from = 0
    this.#end = 0
  }
}
