import type { IncomingMessage } from 'node:http'
import type { Ticket } from './admission.ts'

/** `cut`: the client went away before the body was whole. */
export type Body =
  | { readonly status: 'read'; readonly bytes: Buffer }
  | { readonly status: 'tooLarge' | 'busy' | 'cut' }

const NOTHING = Buffer.alloc(0)

/**
 * Reads a body of at most `bytesMax`, and charges what is in memory as it arrives: a client that declares much and sends
 * little takes little. A body that is refused is not read on. By a callback, as this runs for each request and chunk.
 */
export function readBody(request: IncomingMessage, bytesMax: number, ticket: Ticket, done: (body: Body) => void): void {
  const declared = Number(request.headers['content-length'] ?? Number.NaN)
  if (declared > bytesMax || request.destroyed) {
    done({ status: declared > bytesMax ? 'tooLarge' : 'cut' })
    return
  }
  let bytes: Buffer = NOTHING
  let length = 0

  const settle = (body: Body) => {
    request.off('data', onData).off('end', onEnd).off('close', onCut)
    done(body)
  }
  const onData = (chunk: Buffer) => {
    const needed = length + chunk.length
    if (needed > bytesMax) return settle({ status: 'tooLarge' })
    if (needed > bytes.length) {
      // Put together as it comes: in pieces of a byte each, a body would take a hundred times the memory it is charged.
      const size = length === 0 ? needed : Math.max(needed, Math.min(2 * bytes.length, declared || bytesMax))
      if (!ticket.take(size - bytes.length)) return settle({ status: 'busy' })
      bytes = length === 0 ? chunk : grown(bytes, length, size)
    }
    if (length > 0) chunk.copy(bytes, length)
    length = needed
  }
  const onEnd = () => settle({ status: 'read', bytes: length === bytes.length ? bytes : bytes.subarray(0, length) })
  const onCut = () => settle({ status: 'cut' })

  request.on('data', onData).on('end', onEnd).on('close', onCut)
}

function grown(bytes: Buffer, length: number, size: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(size)
  bytes.copy(larger, 0, 0, length)
  return larger
}
