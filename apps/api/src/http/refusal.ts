import { STATUS_CODES } from 'node:http'
import type { RoomlogError } from '@roomlog/domain'
import { getTRPCErrorShape, TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { errorConfig } from '../router.ts'
import { toTRPCError } from '../trpc/error.ts'

export type Refusal = { readonly status: number; readonly body: string }

/** The answer to what never comes to an operation, in the shape of those that do. */
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
