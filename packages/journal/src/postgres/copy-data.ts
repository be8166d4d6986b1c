import type { Duplex } from 'node:stream'

/** Where the rows of a COPY go: memory for each, then the whole of it. */
export type RowTaker = {
  memoryFor(bytes: number): Buffer
  onRow(row: Buffer, bytes: number): void
}

const COPY_DATA = 0x64
/** A byte that names the message, and its length in four, which counts itself. */
const HEADER_BYTES = 5

/**
 * Takes the rows of COPYs out of what a connection receives, before pg parses it: they are many megabytes, which pg would
 * move twice to have each in one piece. All the rest goes to pg as it comes.
 */
export class CopyData {
  static readonly #known = new WeakMap<Duplex, CopyData>()
  readonly #pass: (part: Buffer) => void
  readonly #header = Buffer.alloc(HEADER_BYTES)
  #headerBytes = 0
  #taker: RowTaker | undefined
  #row: Buffer | undefined
  #rowBytes = 0
  #filled = 0
  /** Of a message that is pg's. */
  #passing = 0

  /** To be called first between two queries, when pg holds no part of a message. */
  static of(stream: Duplex): CopyData {
    const known = CopyData.#known.get(stream)
    if (known) return known
    const listeners = stream.listeners('data')
    const made = new CopyData((part) => {
      for (const listener of listeners) listener.call(stream, part)
    })
    stream.removeAllListeners('data')
    stream.on('data', (chunk: Buffer) => made.#receive(chunk))
    CopyData.#known.set(stream, made)
    return made
  }

  private constructor(pass: (part: Buffer) => void) {
    this.#pass = pass
  }

  /** From the next message on; undefined leaves rows to pg again. */
  takenBy(taker: RowTaker | undefined): void {
    this.#taker = taker
  }

  #receive(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#row !== undefined) at = this.#fill(this.#row, chunk, at)
      else if (this.#passing > 0) at = this.#passOn(chunk, at)
      else if (this.#taker !== undefined) at = this.#begin(this.#taker, chunk, at)
      else {
        this.#pass(chunk.subarray(at))
        return
      }
    }
  }

  #begin(taker: RowTaker, chunk: Buffer, start: number): number {
    const taken = chunk.copy(this.#header, this.#headerBytes, start)
    this.#headerBytes += taken
    if (this.#headerBytes < HEADER_BYTES) return start + taken
    this.#headerBytes = 0
    const bytes = this.#header.readUInt32BE(1) - 4
    if (this.#header[0] === COPY_DATA) {
      this.#row = taker.memoryFor(bytes)
      this.#rowBytes = bytes
      this.#filled = 0
    } else {
      this.#passing = bytes
      this.#pass(Buffer.from(this.#header))
    }
    return start + taken
  }

  #fill(row: Buffer, chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + this.#rowBytes - this.#filled)
    chunk.copy(row, this.#filled, start, end)
    this.#filled += end - start
    if (this.#filled === this.#rowBytes) {
      this.#row = undefined
      this.#taker?.onRow(row, this.#rowBytes)
    }
    return end
  }

  #passOn(chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + this.#passing)
    this.#passing -= end - start
    this.#pass(chunk.subarray(start, end))
    return end
  }
}
