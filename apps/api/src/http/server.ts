import type { AppRouter } from '@roomlog/client'
import {
  internalServerException,
  type RoomlogError,
  requestEntityTooLargeException,
  serviceUnavailable,
  validationException,
} from '@roomlog/domain'
import { getTRPCErrorShape, TRPCError } from '@trpc/server'
import { fastifyRequestHandler } from '@trpc/server/adapters/fastify'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { Operations } from '../operations.ts'
import { isUnexpected, retryHeaders, toTRPCError } from '../trpc/error.ts'
import { createAdmission } from './admission.ts'
import { createSingleCalls } from './single-call.ts'

/** Of one request's body. */
export const BODY_BYTES_MAX = 8 * 1024 * 1024
/** Calls in one batched HTTP request; each counts against the rates. */
export const BATCH_CALLS_MAX = 50

const BUSY = 'Too many requests are being worked on; try again'
const IDLE_CHECK_EVERY_MS = 50

export type ServerLimits = {
  readonly requestsInFlightMax: number
  readonly bodyBytesInFlightMax: number
  /** For a request to arrive whole. */
  readonly requestTimeoutMs: number
  readonly connectionsMax: number
}

export const SERVER_LIMITS_DEFAULT: ServerLimits = {
  requestsInFlightMax: 1_000,
  bodyBytesInFlightMax: 128 * 1024 * 1024,
  requestTimeoutMs: 30_000,
  connectionsMax: 10_000,
}

/** The bare server: its logger exists before anything that it serves. */
export function createServer(options: { readonly logLevel: string; readonly limits: ServerLimits }): FastifyInstance {
  const server = Fastify({
    logger: { level: options.logLevel, base: null },
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: options.limits.requestTimeoutMs,
    // Longer than the idle timeout of usual load balancers, so that it is they who close first.
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    // A batch names all of its calls in the path.
    routerOptions: { maxParamLength: 5_000 },
  })
  server.server.maxConnections = options.limits.connectionsMax
  return server
}

/** Serves the operations at /trpc, by their router. */
export async function serveRouter(
  server: FastifyInstance,
  operations: Operations,
  router: AppRouter,
  limits: ServerLimits,
): Promise<void> {
  const admission = createAdmission({
    requestsMax: limits.requestsInFlightMax,
    bodyBytesMax: limits.bodyBytesInFlightMax,
    bodyBytesEach: BODY_BYTES_MAX,
  })
  const refuse = (reply: FastifyReply, error: TRPCError) => {
    const shape = getTRPCErrorShape({
      config: router._def._config,
      error,
      type: 'unknown',
      path: undefined,
      input: undefined,
      ctx: undefined,
    })
    return reply.code(getHTTPStatusCodeFromError(error)).send({ error: shape })
  }

  server.setErrorHandler((error, request, reply) => refuse(reply, toTRPCError(httpErrorOf(error, request.log))))
  server.setNotFoundHandler((_request, reply) => {
    return refuse(reply, new TRPCError({ code: 'NOT_FOUND' }))
  })

  await server.register(async (scope) => {
    scope.addHook('onRequest', (request, reply, done) => {
      const leave = admission.enter(request.method === 'GET' ? '0' : request.headers['content-length'])
      if (leave === undefined) {
        refuse(reply, toTRPCError(serviceUnavailable(BUSY)))
        return
      }
      reply.raw.once('close', leave)
      done()
    })
    passBodiesOn(scope)
    const singleCalls = createSingleCalls(operations, router)
    scope.all<{ Params: { path: string } }>('/trpc/:path', (request, reply) => {
      const call = singleCalls.find(request)
      return call ? singleCalls.answer(call, request, reply) : answerByAdapter(router, request, reply)
    })
  })
}

/** As bytes: what reads them makes of them what it needs. */
function passBodiesOn(scope: FastifyInstance): void {
  scope.removeContentTypeParser('application/json')
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
  scope.addContentTypeParser('multipart/form-data', (_, body, done) => done(null, body))
}

/** Any call, and any number of them, in any of tRPC's forms. */
async function answerByAdapter(
  router: AppRouter,
  request: FastifyRequest<{ Params: { path: string } }>,
  reply: FastifyReply,
): Promise<void> {
  if (request.body instanceof Buffer) request.body = request.body.toString()
  await fastifyRequestHandler({
    router,
    req: request,
    res: reply,
    path: request.params.path,
    maxBatchSize: BATCH_CALLS_MAX,
    responseMeta: ({ errors }) => ({ headers: retryHeaders(errors) }),
    createContext: ({ req }) => ({ authorization: req.headers.authorization }),
    onError: ({ error, path }) => {
      if (isUnexpected(error))
        request.server.log.error({ event: 'api.error', path, err: error }, 'A call failed unexpectedly.')
    },
  })
}

/** Takes no more connections and waits for the requests in flight; connections that fall idle meanwhile are closed too. */
export async function closeServer(server: FastifyInstance): Promise<void> {
  const idle = setInterval(() => server.server.closeIdleConnections(), IDLE_CHECK_EVERY_MS)
  await server.close().finally(() => clearInterval(idle))
}

/** What Fastify refused before tRPC saw it. */
function httpErrorOf(error: unknown, log: FastifyBaseLogger): RoomlogError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return requestEntityTooLargeException(`The body has more than ${BODY_BYTES_MAX} bytes`)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return validationException('The content type must be application/json')
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return validationException('The body is not as long as its content-length says')
    default:
      log.error({ event: 'api.error', err: error }, 'A request failed outside the operations.')
      return internalServerException()
  }
}
