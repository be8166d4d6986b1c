import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { requestEntityTooLargeException, serviceUnavailable, validationException } from '@roomlog/domain'
import { TRPCError } from '@trpc/server'
import { type Connections, PIPELINED_MAX } from './connections.ts'
import { bytesOf, type Refusal, refusalOf } from './refusal.ts'

/** Longer than the idle timeout of usual load balancers, so that it is they who close first. */
const KEEP_ALIVE_MS = 72_000
/** How late a request that takes too long may be noticed. Node looks every 30 s by itself. */
const LATE_CHECK_EVERY_MS = 1_000

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** A server that answers in the shape of the API also what Node would refuse in its own way, or with nothing. */
export function createListener(
  options: { readonly connections: Connections; readonly requestTimeoutMs: number },
  handle: Handler,
): Server {
  const { connections, requestTimeoutMs } = options

  const take: Handler = (request, response) => {
    const begun = connections.begin(request, response)
    if (begun === 'ignored') return
    if (begun === 'tooMany') return answer(response, refusalOf(serviceUnavailable(TOO_MANY)))
    if (request.headers.host === undefined && request.httpVersion === '1.1') return answer(response, NO_HOST)
    handle(request, response)
  }

  const refuse = (socket: Duplex, refusal: Refusal) => {
    if (!(socket instanceof Socket) || socket.writableEnded) return
    if (!socket.writable || !connections.isUnanswered(socket)) {
      socket.destroy()
      return
    }
    socket.write(bytesOf(refusal))
    connections.end(socket)
  }

  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: LATE_CHECK_EVERY_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      requireHostHeader: false,
    },
    take,
  )
  // Who asks whether to send the body is told so when somebody is there to read it.
  server.on('checkContinue', take).on('checkExpectation', take)
  server.on('connect', (_request, socket) => refuse(socket, refusalOf(new TRPCError({ code: 'METHOD_NOT_SUPPORTED' }))))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuse(socket, refusalFor(error.code)))
  connections.watch(server)
  return server
}

const TOO_MANY = `A connection may have ${PIPELINED_MAX} requests in flight`
const NO_HOST = refusalOf(validationException('The request has no header Host'))

function refusalFor(code: string | undefined): Refusal {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return refusalOf(new TRPCError({ code: 'TIMEOUT' }))
    case 'HPE_HEADER_OVERFLOW':
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return refusalOf(requestEntityTooLargeException('The headers of the request are too large'))
    default:
      return refusalOf(validationException('The request is not valid HTTP'))
  }
}

function answer(response: ServerResponse, { status, body }: Refusal): void {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), connection: 'close' }
  response.writeHead(status, headers).end(body)
}
