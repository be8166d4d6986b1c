import { createMessageReader, type OperationName } from '@roomlog/domain'
import { type AnyTRPCRouter, getTRPCErrorShape } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../../access/caller.ts'
import { bodyFault } from '../../http/json-body.ts'
import type { Operations } from '../../operations.ts'
import { retryHeaders, toTRPCError } from './error.ts'
import { createSocketSignals } from './socket-signals.ts'

/** Makes the input of a body that is plainly written. */
type Read = (body: Buffer) => unknown

export type SingleCall = { readonly name: OperationName; readonly input: unknown }

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
export function createSingleCalls({ admit, perform }: Operations, router: AnyTRPCRouter): SingleCalls {
  const { readMessage, readCall } = createMessageReader()
  const hot = new Map<string, { readonly name: OperationName; readonly read: Read }>()
  const add = (name: OperationName, read: Read = () => undefined) => hot.set(`/trpc/${name}`, { name, read })
  add('chat.sendMessage', readMessage)
  add('chat.sendMessages', (body) => {
    const messages = readCall(body)
    return messages && { messages }
  })
  add('chat.sendEvent')
  add('chat.deleteMessage')
  add('chat.disconnectUser')

  const signals = createSocketSignals()

  return {
    find(request) {
      const found = hot.get(request.url)
      const { body, headers } = request
      if (found === undefined || request.method !== 'POST' || !(body instanceof Buffer)) return undefined
      if (headers['content-type'] === undefined) return undefined
      if (headers['trpc-accept'] !== undefined || headers.accept === 'application/jsonl') return undefined
      try {
        const { name, read } = found
        const input = read(body)
        if (input !== undefined) return { name, input }
        return bodyFault(body, name) === undefined ? { name, input: JSON.parse(body.toString()) } : undefined
      } catch {
        return undefined
      }
    },

    async answer({ name, input }, caller, request, reply) {
      const signal = signals.of(request.raw.socket)
      const admitted = admit(name, caller)
      const result = admitted.ok ? await perform(name, caller, input, { signal }) : admitted
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
