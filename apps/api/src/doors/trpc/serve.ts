import type { AppRouter } from '@roomlog/client'
import { TRPCError } from '@trpc/server'
import { incomingMessageToRequest } from '@trpc/server/adapters/node-http'
import { resolveResponse } from '@trpc/server/http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../../access/caller.ts'
import { type Bounds, openDoor, type Pass, passing } from '../../http/door.ts'
import { bodyFault } from '../../http/json-body.ts'
import { declaresBody, refuse } from '../../http/refusal.ts'
import type { Operations } from '../../operations.ts'
import { isUnexpected, retryHeaders } from './error.ts'
import { createRouter } from './router.ts'
import { createSingleCalls } from './single-call.ts'

/** A request's body may have so many bytes if it holds `chat.sendMessages`, or else; a longer one is refused with 413. */
const BODY_BYTES_MAX = { messages: 8 * 1024 * 1024, other: 128 * 1024 } as const
/** Calls in one batched HTTP request; each counts against the rates. */
const BATCH_CALLS_MAX = 50

/** Says to clients that they may ask again with the same `idempotencyKey`, whichever api they come to. */
const KEYS_HEADER = 'roomlog-idempotency-key'

const PREFIX = '/trpc/'
const MESSAGES = 'chat.sendMessages'

/** The tRPC door: the operations at /trpc. */
export async function serveTrpc(
  server: FastifyInstance,
  operations: Operations,
  bounds: Bounds,
  { allKnowKeys }: { readonly allKnowKeys: () => boolean },
): Promise<void> {
  const router = createRouter(operations)
  await server.register(async (scope) => {
    scope.addHook('onRequest', (request, reply, done) => {
      if (allKnowKeys()) reply.header(KEYS_HEADER, 'honoured')
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

/** Whether `chat.sendMessages` is among the calls. Asked of each request, so most are told by one look. */
function hasMessages(url: string): boolean {
  return url.includes(MESSAGES) && callsOf(url).includes(MESSAGES)
}

/** The names in the path, of which a batch has several. */
function callsOf(url: string): readonly string[] {
  const end = url.indexOf('?')
  return url.slice(PREFIX.length, end === -1 ? undefined : end).split(',')
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
