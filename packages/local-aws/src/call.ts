import type { IncomingHttpHeaders } from 'node:http'
import { AwsError } from './aws-error.ts'

export const SERVICES = ['s3', 'logs', 'firehose', 'metrics'] as const
export type Service = (typeof SERVICES)[number]

/** One request, its body not yet read. */
export type Call = {
  readonly requestId: string
  readonly method: string
  /** As sent, still percent-encoded. */
  readonly path: string
  readonly rawQuery: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: AsyncIterable<Buffer>
}

/** What injected faults change about an operation that does run. */
export type Bending = {
  readonly ignoreIfNoneMatch?: boolean
  /** Log events younger than this are not shown. */
  readonly readLagMs?: number
  /** FilterLogEvents answers a page without events, and a token. */
  readonly emptyPage?: boolean
  /** Which records of a Firehose batch fail. */
  readonly fails?: (index: number) => boolean
}

/** A header that can be sent once only. */
export function header(call: Call, name: string): string | undefined {
  const value = call.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** The whole body, refused beyond `bytesMax`. */
export async function readBody(call: Call, bytesMax: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of call.body) {
    length += part.length
    if (length > bytesMax) throw new AwsError(413, 'RequestEntityTooLargeException', 'The request body is too large.')
    parts.push(part)
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts, length)
}
