import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { Call } from './call.ts'
import type { Reply } from './reply.ts'

/** Sends a reply; resolves with the bytes of its body. */
export async function send(response: ServerResponse, call: Call, reply: Reply): Promise<number> {
  const { status, headers, body } = reply
  const isText = typeof body === 'string' || Buffer.isBuffer(body)
  const length = isText ? Buffer.byteLength(body) : body === undefined && call.method !== 'HEAD' ? 0 : undefined
  const ids = { 'x-amz-request-id': call.requestId, 'x-amzn-requestid': call.requestId }
  response.writeHead(status, { ...ids, ...(length === undefined ? {} : withLength(status, length)), ...headers })
  if (isText || body === undefined) response.end(body)
  else await pipeline(body, response)
  return call.method === 'HEAD' ? 0 : (length ?? Number(headers?.['content-length'] ?? 0))
}

/** Lets go of a reply that nobody is to see. */
export async function discard(reply: Reply | undefined): Promise<void> {
  const body = reply?.body
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return
  for await (const _ of body);
}

/** Resolves when the connection under a response is gone. */
export function gone(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) resolve()
    else response.once('close', resolve)
  })
}

/** Reads the rest of a request, so that its client is ready to read the answer. */
export async function drain(call: Call) {
  try {
    for await (const _ of call.body);
  } catch {
    // It was read before, or its client has left.
  }
}

function withLength(status: number, length: number) {
  return status === 204 || status === 304 ? {} : { 'content-length': length }
}
