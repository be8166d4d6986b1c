import { callTRPCProcedure, getTRPCErrorFromUnknown, getTRPCErrorShape, type TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { OperationName } from '../operations.ts'
import type { AppRouter } from '../router.ts'

/** Mutations of which an application makes thousands a second. */
const HOT: ReadonlySet<string> = new Set<OperationName>([
  'chat.sendMessage',
  'chat.sendMessages',
  'chat.sendEvent',
  'chat.deleteMessage',
  'chat.disconnectUser',
])

export type SingleCall = { readonly path: string; readonly input: unknown }

/**
 * The call in a request that holds one hot mutation in tRPC's plainest form; undefined leaves the request to tRPC's own
 * adapter, whose conversion to and from the Fetch API takes twice the CPU of all the rest of such a call.
 */
export function singleCallIn(request: FastifyRequest): SingleCall | undefined {
  const path = request.url.slice('/trpc/'.length)
  const { body } = request
  if (request.method !== 'POST' || !HOT.has(path) || typeof body !== 'string') return undefined
  if (request.headers['content-type']?.startsWith('application/json') !== true) return undefined
  if (request.headers['trpc-accept'] !== undefined || request.headers.accept === 'application/jsonl') return undefined
  try {
    return { path, input: JSON.parse(body) }
  } catch {
    return undefined
  }
}

/** Answers it as the adapter would. */
export async function answerSingleCall(
  router: AppRouter,
  { path, input }: SingleCall,
  request: FastifyRequest,
  reply: FastifyReply,
  onError: (error: TRPCError, path: string) => void,
): Promise<FastifyReply> {
  const ctx = { authorization: request.headers.authorization }
  const left = new AbortController()
  reply.raw.once('close', () => left.abort())
  reply.header('vary', 'trpc-accept, accept').type('application/json')
  try {
    const data: unknown = await callTRPCProcedure({
      router,
      path,
      ctx,
      type: 'mutation',
      getRawInput: async () => input,
      signal: left.signal,
      batchIndex: 0,
    })
    return reply.send(JSON.stringify({ result: { data } }))
  } catch (thrown) {
    const error = getTRPCErrorFromUnknown(thrown)
    onError(error, path)
    const { _config: config } = router._def
    const shape = getTRPCErrorShape({ config, error, type: 'mutation', path, input, ctx })
    return reply.code(getHTTPStatusCodeFromError(error)).send(JSON.stringify({ error: shape }))
  }
}
