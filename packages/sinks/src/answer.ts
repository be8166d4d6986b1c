import type { HttpResponse } from '@smithy/types'

/** Which answers to a success say no more than that, so that nobody need parse them. */
export type Plainness = {
  /** By the whole body. */
  whole(body: Buffer): boolean
  /** By the first part of the body: the rest need not be kept. */
  start?(body: Buffer): boolean
}

/** Enough for what is told of 500 records, with an error message each. */
const ANSWER_BYTES_MAX = 1024 * 1024

/** Reads an answer to its end, so that its connection is free again. Rejects with the signal, or when the connection breaks. */
export function readAnswer(
  { statusCode, body: stream }: HttpResponse,
  plainness: Plainness,
  signal: AbortSignal | undefined,
): Promise<'plain' | Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = []
    let bytes = 0
    let isPlain = false
    const leave = () => stream.destroy(new DOMException('Aborted', 'AbortError'))
    if (signal?.aborted) leave()
    signal?.addEventListener('abort', leave)
    stream.on('data', (chunk: Buffer) => {
      if (isPlain) return
      isPlain = statusCode === 200 && chunks.length === 0 && plainness.start?.(chunk) === true
      bytes += chunk.length
      if (!isPlain && bytes > ANSWER_BYTES_MAX) {
        return stream.destroy(new Error(`the answer has more than ${ANSWER_BYTES_MAX} bytes`))
      }
      chunks = isPlain ? [] : [...chunks, chunk]
    })
    stream.on('end', () => {
      const body = Buffer.concat(chunks)
      resolve(isPlain || (statusCode === 200 && plainness.whole(body)) ? 'plain' : body)
    })
    stream.on('error', reject)
    stream.on('close', () => {
      signal?.removeEventListener('abort', leave)
      // Without effect after `end` or `error`.
      reject(Object.assign(new Error('the connection closed inside the answer'), { code: 'ECONNRESET' }))
    })
  })
}
