import { type IncomingHttpHeaders, STATUS_CODES } from 'node:http'
import type { RoomlogError } from '@roomlog/domain'
import { getTRPCErrorShape, TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import type { FastifyReply } from 'fastify'
import { toTRPCError } from '../doors/trpc/error.ts'
import { errorConfig } from '../doors/trpc/router.ts'

export type Refusal = { readonly status: number; readonly body: string }

/** The answer to what never comes to an operation, in the shape of the tRPC door: what stands before all doors has no other. */
export function refusalOf(why: RoomlogError | TRPCError, path?: string | undefined): Refusal {
  const error = why instanceof TRPCError ? why : toTRPCError(why)
  const shape = getTRPCErrorShape({
    config: errorConfig,
    error,
    type: 'unknown',
    path,
    input: undefined,
    ctx: undefined,
  })
  return { status: getHTTPStatusCodeFromError(error), body: JSON.stringify({ error: shape }) }
}

/** All bytes of such an answer, for a connection on which nothing was understood. It is the last one there. */
export function bytesOf({ status, body }: Refusal): string {
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\n`
  const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n`
  return `${head}${headers}\r\n${body}`
}

/** In the shape of the API. Where the body has not arrived it is the connection's last answer. */
export function refuse(reply: FastifyReply, why: RoomlogError | TRPCError, path?: string): void {
  const { raw } = reply.request
  const send = () => {
    if (!raw.complete && declaresBody(raw.headers)) reply.header('connection', 'close')
    const { status, body } = refusalOf(why, path)
    reply.code(status).type('application/json').send(body)
  }
  // A small body comes in one piece with its headers, but is seen only after them.
  if (raw.complete || !declaresBody(raw.headers)) send()
  else setImmediate(send)
}

export function declaresBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}
