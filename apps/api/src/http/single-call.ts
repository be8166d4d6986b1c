import {
  createMessageReader,
  DeleteMessageInput,
  DisconnectUserInput,
  fail,
  isPlainCall,
  isPlainMessage,
  type Result,
  SendEventInput,
  SendMessageInput,
  SendMessagesInput,
  validationError,
  WrittenMessage,
} from '@roomlog/domain'
import { getTRPCErrorShape } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Caller, OperationName, Operations } from '../operations.ts'
import type { AppRouter } from '../router.ts'
import { retryHeaders, toTRPCError } from '../trpc/error.ts'
import { createSocketSignals } from './socket-signals.ts'

/** What a procedure does once the caller is admitted: checks the input, performs. */
type Hot = (caller: Caller, input: unknown) => Promise<Result<unknown>>

/** Makes the input of a body; throws where it is no JSON. */
type Read = (body: Buffer) => unknown

export type SingleCall = { readonly name: OperationName; readonly perform: Hot; readonly input: unknown }

export type SingleCalls = {
  /**
   * The call in a request that holds one hot mutation in tRPC's plainest form; undefined leaves the request to tRPC's own
   * adapter, whose conversion to and from the Fetch API takes more CPU than all the rest of such a call.
   */
  find(request: FastifyRequest): SingleCall | undefined
  /** Answers it as the adapter would. Never rejects. */
  answer(call: SingleCall, caller: Caller, request: FastifyRequest, reply: FastifyReply): Promise<void>
}

/** Mutations of which an application makes thousands a second, past tRPC's layers. */
export function createSingleCalls({ admit, chat }: Operations, router: AppRouter): SingleCalls {
  const hot = new Map<string, { readonly name: OperationName; readonly perform: Hot; readonly read: Read }>()
  const add = (name: OperationName, perform: Hot, read: Read = parse) =>
    hot.set(`/trpc/${name}`, { name, perform, read })
  const { readMessage, readCall } = createMessageReader()
  const sendMessage = checked(SendMessageInput, chat.sendMessage, isPlainMessage)
  add(
    'chat.sendMessage',
    (caller, input) => (input instanceof WrittenMessage ? chat.sendMessage(caller, input) : sendMessage(caller, input)),
    (body) => readMessage(body) ?? parse(body),
  )
  add('chat.sendMessages', checked(SendMessagesInput, chat.sendMessages, isPlainCall), (body) => {
    const messages = readCall(body)
    return messages ? { messages } : parse(body)
  })
  add('chat.sendEvent', checked(SendEventInput, chat.sendEvent))
  add('chat.deleteMessage', checked(DeleteMessageInput, chat.deleteMessage))
  add('chat.disconnectUser', checked(DisconnectUserInput, chat.disconnectUser))

  const signals = createSocketSignals()

  return {
    find(request) {
      const found = hot.get(request.url)
      const { body, headers } = request
      if (found === undefined || request.method !== 'POST' || !(body instanceof Buffer)) return undefined
      if (headers['content-type'] === undefined) return undefined
      if (headers['trpc-accept'] !== undefined || headers.accept === 'application/jsonl') return undefined
      try {
        const { name, perform, read } = found
        return { name, perform, input: read(body) }
      } catch {
        return undefined
      }
    },

    async answer({ name, perform, input }, caller, request, reply) {
      const signal = signals.of(request.raw.socket)
      const admitted = admit(name, caller)
      const result = admitted.ok ? await perform({ ...caller, signal }, input) : admitted
      reply.header('vary', 'trpc-accept, accept').type('application/json')
      if (result.ok) {
        reply.send(JSON.stringify({ result: { data: result.value } }))
        return
      }
      const error = toTRPCError(result.error)
      const { _config: config } = router._def
      const shape = getTRPCErrorShape({ config, error, type: 'mutation', path: name, input, ctx: caller })
      reply.headers(retryHeaders([error]))
      reply.code(getHTTPStatusCodeFromError(error)).send(JSON.stringify({ error: shape }))
    },
  }
}

function parse(body: Buffer): unknown {
  return JSON.parse(body.toString())
}

/** The operation behind its schema, which is asked only about what is not plainly right. */
function checked<S extends z.ZodType, O>(
  schema: S,
  operation: (caller: Caller, input: z.infer<S>) => Promise<Result<O>>,
  isPlain?: (input: unknown) => input is z.infer<S>,
): Hot {
  return async (caller, input) => {
    if (isPlain?.(input)) return operation(caller, input)
    const parsed = schema.safeParse(input)
    return parsed.success ? operation(caller, parsed.data) : fail(validationError(parsed.error))
  }
}
