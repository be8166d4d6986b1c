import { internalServerException, type RoomlogError, validationException } from '@roomlog/domain'
import { TRPCError } from '@trpc/server'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { isUnexpected } from '../doors/trpc/error.ts'
import { createAdmission } from './admission.ts'
import { createConnections } from './connections.ts'
import type { Bounds } from './door.ts'
import { createListener } from './listener.ts'
import { refuse } from './refusal.ts'
import { createTurns } from './turns.ts'

/** What one account starts in one turn of the event loop: some ten milliseconds of work, and less than one in a flood. */
const REQUESTS_PER_TURN = { many: 64, few: 4 } as const
const IDLE_CHECK_EVERY_MS = 50

export type ServerLimits = {
  readonly requestsInFlightMax: number
  readonly bodyBytesInFlightMax: number
  /** For a request to arrive whole. */
  readonly requestTimeoutMs: number
  readonly connectionsMax: number
  /** How long a client may leave an answer unread. */
  readonly unreadAnswerMs: number
}

export const SERVER_LIMITS_DEFAULT: ServerLimits = {
  requestsInFlightMax: 1_000,
  bodyBytesInFlightMax: 128 * 1024 * 1024,
  requestTimeoutMs: 30_000,
  connectionsMax: 10_000,
  unreadAnswerMs: 10_000,
}

export function boundsOf({ requestsInFlightMax, bodyBytesInFlightMax }: ServerLimits): Bounds {
  return {
    admission: createAdmission({ requestsMax: requestsInFlightMax, bytesMax: bodyBytesInFlightMax }),
    turns: createTurns(REQUESTS_PER_TURN),
  }
}

/** The bare server: its logger exists before anything that it serves. */
export function createServer(options: { readonly logLevel: string; readonly limits: ServerLimits }): FastifyInstance {
  const { requestTimeoutMs } = options.limits
  const connections = createConnections(options.limits)
  const server = Fastify({
    logger: { level: options.logLevel, base: null },
    logController: new LogController({ disableRequestLogging: true }),
    serverFactory: (handle) => createListener({ connections, requestTimeoutMs }, handle),
    // The listener has answered already.
    clientErrorHandler: () => undefined,
    frameworkErrors: (_error, _request, reply) => {
      refuse(reply, validationException('The path is not valid, or too long'))
    },
    forceCloseConnections: 'idle',
    // A batch names all of its calls in the path.
    routerOptions: { maxParamLength: 5_000 },
  })
  server.addHook('preClose', async () => connections.closeResting())
  // Bodies are read behind doors alone; outside of them nobody is known.
  server.removeAllContentTypeParsers()
  server.decorateRequest('pass', undefined)
  server.setErrorHandler((error, request, reply) => {
    request.pass?.ticket.leave()
    refuse(reply, httpErrorOf(error, request.log))
  })
  server.setNotFoundHandler((request, reply) => {
    const known = request.method === 'GET' || request.method === 'HEAD' || request.method === 'POST'
    refuse(reply, new TRPCError({ code: known ? 'NOT_FOUND' : 'METHOD_NOT_SUPPORTED' }))
  })
  return server
}

/** Takes no more connections and waits for the requests in flight; connections that fall idle meanwhile are closed too. */
export async function closeServer(server: FastifyInstance): Promise<void> {
  const idle = setInterval(() => server.server.closeIdleConnections(), IDLE_CHECK_EVERY_MS)
  await server.close().finally(() => clearInterval(idle))
}

/** What neither an operation nor a door refused. What a client can cause is no error of ours, and is not logged as one. */
function httpErrorOf(error: unknown, log: FastifyBaseLogger): RoomlogError | TRPCError {
  if (error instanceof TRPCError && !isUnexpected(error)) return error
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status === 415) return new TRPCError({ code: 'UNSUPPORTED_MEDIA_TYPE' })
  if (status >= 400 && status < 500) return validationException('The request is not valid HTTP')
  log.error({ event: 'api.error', err: error }, 'A request failed outside the operations.')
  return internalServerException()
}
