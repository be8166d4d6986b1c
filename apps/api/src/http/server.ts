import type { IncomingHttpHeaders } from 'node:http'
import type { AppRouter } from '@roomlog/client'
import { internalServerException, type RoomlogError, validationException } from '@roomlog/domain'
import { TRPCError } from '@trpc/server'
import { incomingMessageToRequest } from '@trpc/server/adapters/node-http'
import { resolveResponse } from '@trpc/server/http'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { Caller, Operations } from '../operations.ts'
import { isUnexpected, retryHeaders } from '../trpc/error.ts'
import { createAdmission } from './admission.ts'
import { createConnections } from './connections.ts'
import { openDoor, type Pass, passing } from './door.ts'
import { bodyFault } from './json-body.ts'
import { createListener } from './listener.ts'
import { refusalOf } from './refusal.ts'
import { createSingleCalls } from './single-call.ts'
import { createTurns } from './turns.ts'

/** Of the body of a request that holds `chat.sendMessages`, and of any other. */
export const BODY_BYTES_MAX = { messages: 8 * 1024 * 1024, other: 128 * 1024 } as const
/** Calls in one batched HTTP request; each counts against the rates. */
export const BATCH_CALLS_MAX = 50

/** What one account starts in one turn of the event loop: some ten milliseconds of work, and less than one in a flood. */
const REQUESTS_PER_TURN = { many: 64, few: 4 } as const
const IDLE_CHECK_EVERY_MS = 50
const PREFIX = '/trpc/'
const MESSAGES = 'chat.sendMessages'

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

/** Serves the operations at /trpc, by their router. */
export async function serveRouter(
  server: FastifyInstance,
  operations: Operations,
  router: AppRouter,
  limits: ServerLimits,
): Promise<void> {
  const bounds = {
    admission: createAdmission({ requestsMax: limits.requestsInFlightMax, bytesMax: limits.bodyBytesInFlightMax }),
    turns: createTurns(REQUESTS_PER_TURN),
  }
  await server.register(async (scope) => {
    scope.addHook('onRequest', (request, reply, done) => {
      if (isReadable(request)) return done()
      refuse(reply, new TRPCError({ code: 'UNSUPPORTED_MEDIA_TYPE' }))
    })
    openDoor(scope, bounds, {
      identify: ({ headers }) => operations.identify(headers.authorization),
      bodyBytesMax: ({ url }) => (hasMessages(url) ? BODY_BYTES_MAX.messages : BODY_BYTES_MAX.other),
      refuse: (reply, error) => refuse(reply, error, callsOf(reply.request.url).join()),
    })
    const singleCalls = createSingleCalls(operations, router)
    scope.route<{ Params: { path: string } }>({
      method: ['GET', 'HEAD', 'POST'],
      url: `${PREFIX}:path`,
      handler: passing((pass, request, reply) => {
        const call = singleCalls.find(request)
        return call
          ? singleCalls.answer(call, pass.caller, request, reply)
          : answerByRouter(router, pass, request, reply)
      }),
    })
  })
}

const JSON_TYPE = /^application\/json *(; *charset="?utf-8"? *)?$/i

/** Whether a body, if there is one, is said to be JSON. */
function isReadable({ raw }: FastifyRequest): boolean {
  const type = raw.headers['content-type']
  if (type === 'application/json') return true
  return type === undefined ? !declaresBody(raw.headers) : JSON_TYPE.test(type)
}

function declaresBody(headers: IncomingHttpHeaders): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

/** Whether `chat.sendMessages` is among the calls. Asked of each request, so most are told by one look. */
function hasMessages(url: string): boolean {
  return url.includes(MESSAGES) && callsOf(url).includes(MESSAGES)
}

/** The names in the path, of which a batch has several. */
function callsOf(url: string): readonly string[] {
  const end = url.indexOf('?')
  return url.slice(PREFIX.length, end === -1 ? undefined : end).split(',')
}

/** In the shape of the API. Where the body has not arrived it is the connection's last answer. */
function refuse(reply: FastifyReply, why: RoomlogError | TRPCError, path?: string): void {
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

/** Any call, and any number of them, in any of tRPC's forms. */
async function answerByRouter(
  router: AppRouter,
  { caller }: Pass,
  request: FastifyRequest<{ Params: { path: string } }>,
  reply: FastifyReply,
): Promise<void> {
  const fault = request.body instanceof Buffer ? bodyFault(request.body, request.params.path) : undefined
  if (fault !== undefined) return refuse(reply, fault, request.params.path)
  const response = await resolveResponse<AppRouter>({
    router,
    req: fetchRequestOf(request, reply),
    path: request.params.path,
    error: null,
    maxBatchSize: BATCH_CALLS_MAX,
    responseMeta: ({ errors }) => ({ headers: retryHeaders(errors) }),
    createContext: async (): Promise<Caller> => caller,
    onError: ({ error, path }) => {
      if (isUnexpected(error))
        request.server.log.error({ event: 'api.error', path, err: error }, 'A call failed unexpectedly.')
    },
  })
  // The answers of a stream come as its calls end, and it holds its slot until then; any other is handed over whole.
  if (response.headers.has('transfer-encoding')) {
    await reply.send(response)
    return
  }
  reply.code(response.status).headers(Object.fromEntries(response.headers)).type('application/json')
  reply.send(Buffer.from(await response.arrayBuffer()))
}

function fetchRequestOf({ raw, body }: FastifyRequest, reply: FastifyReply): Request {
  const request = Object.assign(raw, { body: body instanceof Buffer ? body.toString() : undefined })
  return incomingMessageToRequest(request, reply.raw, { maxBodySize: null })
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
