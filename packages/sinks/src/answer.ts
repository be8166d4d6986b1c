import type { HttpResponse } from '@smithy/types'

/** An answer as it came, its body read to the end. */
export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Of every error, and enough for what is told of 500 records, with an error message each. */
export const ANSWER_BYTES_MAX = 1024 * 1024

/**
 * An answer that says success and does not prove it: a proxy may have sent it, or an error that came too late to have a
 * status of its own. Nobody knows what became of the call. (`$metadata` is where the SDK's errors have the status too.)
 */
export class UnprovenAnswer extends Error {
  override readonly name: string
  readonly $metadata: { readonly httpStatusCode: number }

  constructor(status: number, reason: string, name = 'UnprovenAnswer') {
    super(`the answer ${status} proves nothing: ${reason}`)
    this.name = name
    this.$metadata = { httpStatusCode: status }
  }
}

/** The name of what is not proven for want of an ETag alone. */
export const NO_ETAG = 'NoETag'

/**
 * Reads an answer to its end, so that its connection is free again. A longer success is not believed; of a longer error the
 * rest is left, and the connection given up. Rejects with the signal, or when the connection breaks.
 */
export function readAnswer(
  { statusCode: status, headers, body: stream }: HttpResponse,
  bytesMax: number,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const isError = status >= 300
    const limit = isError ? ANSWER_BYTES_MAX : bytesMax
    const chunks: Buffer[] = []
    let bytes = 0
    const answer = () => ({ status, headers, body: Buffer.concat(chunks) })
    const leave = () => stream.destroy(new DOMException('Aborted', 'AbortError'))
    if (signal?.aborted) leave()
    signal?.addEventListener('abort', leave)
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= limit) return chunks.push(chunk)
      if (isError) {
        chunks.push(chunk.subarray(0, chunk.length - (bytes - limit)))
        resolve(answer())
      } else reject(new UnprovenAnswer(status, `it has more than ${limit} bytes`))
      stream.destroy()
    })
    stream.on('end', () => resolve(answer()))
    stream.on('error', reject)
    stream.on('close', () => {
      signal?.removeEventListener('abort', leave)
      // Without effect after one of the others.
      reject(Object.assign(new Error('the connection closed inside the answer'), { code: 'ECONNRESET' }))
    })
  })
}

/** Names of headers come in any case. */
export function headerOf({ headers }: Pick<Answer, 'headers'>, name: string): string | undefined {
  return Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1]
}

/** The JSON object that a JSON service of AWS answers a success with; throws if it is anything else, or names an error. */
export function jsonOf({ status, body }: Answer): JsonObject {
  if (status !== 200) throw new UnprovenAnswer(status, 'a success has 200')
  const value = parsed(body)
  if (!isJsonObject(value)) throw new UnprovenAnswer(status, 'its body is no JSON object')
  if ('__type' in value) throw new UnprovenAnswer(status, 'its body names an error')
  return value
}

export type JsonObject = Readonly<Record<string, unknown>>

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Undefined if it is no JSON. */
export function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}
