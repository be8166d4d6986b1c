import { constants, createGzip } from 'node:zlib'
import type { SinkRecord, SinkRecords } from '../port.ts'

type Lines = SinkRecords<Pick<SinkRecord, 'source' | 'start' | 'byteLength'>>

/** Compresses lines, one behind the other, on the thread pool. The lines' memory is read until the answer is there. */
export type Gzip = (lines: Lines, signal?: AbortSignal) => Promise<Buffer>

/** In one trip to the thread pool: large enough that trips cost nothing, small enough for a processor's cache. */
const PIECE_BYTES = 256 * 1024
const OUT_BYTES = 64 * 1024
/** Of 9: tables twice the default's, for a little smaller objects in no more time. */
const MEM_LEVEL = 9

/**
 * A gzip whose compressors are used again: to make one and to touch its fresh memory takes a tenth of the time of a small
 * object. `level` is 1 (fast) to 9 (small); `keptMax` idle compressors stay, of 0.8 MB each.
 */
export function createGzips({ level, keptMax }: { readonly level: number; readonly keptMax: number }): Gzip {
  const idle: Compressor[] = []
  return async (lines, signal) => {
    const compressor = idle.pop() ?? new Compressor(level)
    const body = await compressor.compress(lines, signal)
    if (idle.length < keptMax) idle.push(compressor)
    else compressor.close()
    return body
  }
}

class Compressor {
  readonly #stream
  readonly #piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
  #out: Buffer[] = []

  constructor(level: number) {
    this.#stream = createGzip({ level, memLevel: MEM_LEVEL, chunkSize: OUT_BYTES })
    this.#stream.on('data', (part: Buffer) => this.#out.push(part))
    // Told to whoever writes.
    this.#stream.on('error', () => {})
  }

  /** Rejects if the signal aborts; the compressor is of no more use then, nor after any other error. */
  async compress(lines: Lines, signal: AbortSignal | undefined): Promise<Buffer> {
    try {
      let filled = 0
      for (let n = 0; n < lines.length; n++) {
        const line = lines.at(n)
        if (line === undefined) throw new Error(`line ${n} of ${lines.length} is missing`)
        const { source, start } = line
        const end = start + line.byteLength
        for (let from = start; from < end; ) {
          const copied = source.copy(this.#piece, filled, from, Math.min(end, from + PIECE_BYTES - filled))
          from += copied
          filled += copied
          if (filled === PIECE_BYTES) {
            await this.#write(filled)
            signal?.throwIfAborted()
            filled = 0
          }
        }
      }
      if (filled > 0) await this.#write(filled)
      await new Promise<void>((resolve, reject) => {
        const done = (error?: Error | null) => (error ? reject(error) : resolve())
        this.#stream.flush(constants.Z_FINISH, done)
      })
    } catch (error) {
      this.close()
      throw error
    }
    const body = Buffer.concat(this.#out)
    this.#out = []
    reset(this.#stream)
    return body
  }

  close(): void {
    this.#stream.destroy()
  }

  #write(bytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(this.#piece.subarray(0, bytes), (error) => (error ? reject(error) : resolve()))
    })
  }
}

/** Every zlib stream has it; the types tell of some only. */
function reset(stream: object): void {
  if (!('reset' in stream) || typeof stream.reset !== 'function') throw new Error('a zlib stream cannot be reset')
  stream.reset()
}
