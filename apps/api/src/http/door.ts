import type { ServerResponse } from 'node:http'
import { type Result, type RoomlogError, requestEntityTooLargeException, serviceUnavailable } from '@roomlog/domain'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Caller, LookedUp } from '../access/caller.ts'
import type { Admission, Ticket } from './admission.ts'
import { readBody } from './body.ts'
import type { Turns } from './turns.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a request that a door let in. */
    pass: Pass | undefined
  }
}

export type Pass = { readonly caller: Caller; readonly ticket: Ticket }

/** Requests of all doors share these bounds, so that a flood at one door cannot take more of the process than at another. */
export type Bounds = { readonly admission: Admission; readonly turns: Turns }

export type Door = {
  /** Who asks, by the headers alone. What it refuses is answered without a byte of the body having been read. */
  readonly identify: (request: FastifyRequest) => Result<Caller> | LookedUp
  readonly bodyBytesMax: (request: FastifyRequest) => number
  /** Answers in the door's own shape. */
  readonly refuse: (reply: FastifyReply, error: RoomlogError) => void
}

const BUSY = 'Too many requests are being worked on; try again'
const BODYLESS = new Set(['GET', 'HEAD'])
const EXPECTS_CONTINUE = /^100-continue$/i

/**
 * The way of every request through a front door: who asks, a slot in that name, the body as bytes, and only then the
 * handler, which `passing` wraps. A door is a Fastify scope of its own, with the routes that stand behind it.
 */
export function openDoor(scope: FastifyInstance, { admission, turns }: Bounds, door: Door): void {
  const letIn = (request: FastifyRequest, reply: FastifyReply, who: Result<Caller>, done: () => void) => {
    const accountId = who.ok ? who.value.accountId : undefined
    const ticket = who.ok ? admission.enter(accountId) : undefined
    // What is refused may stand in line for its refusal: nobody keeps its body meanwhile.
    if (ticket === undefined) request.raw.resume()
    turns.take(accountId, () => {
      if (!who.ok) return door.refuse(reply, who.error)
      if (ticket === undefined) return door.refuse(reply, serviceUnavailable(BUSY))
      return read(request, reply, { caller: who.value, ticket }, done)
    })
  }

  const read = (request: FastifyRequest, reply: FastifyReply, pass: Pass, done: () => void) => {
    const { ticket } = pass
    request.pass = pass
    if (BODYLESS.has(request.method)) return done()

    const { expect } = request.headers
    if (expect !== undefined && EXPECTS_CONTINUE.test(expect)) reply.raw.writeContinue()
    const bytesMax = door.bodyBytesMax(request)
    readBody(request.raw, bytesMax, ticket, (body) => {
      if (body.status === 'read') {
        request.body = body.bytes
        return done()
      }
      ticket.leave()
      if (body.status === 'busy') door.refuse(reply, serviceUnavailable(BUSY))
      if (body.status === 'tooLarge') {
        door.refuse(reply, requestEntityTooLargeException(`The body has more than ${bytesMax} bytes`))
      }
    })
  }

  scope.addHook('onRequest', (request, reply, done) => {
    const who = door.identify(request)
    if ('ok' in who) return letIn(request, reply, who, done)
    // As long as nobody knows who it is, it waits in the name of who it was, or among the strangers.
    const ticket = admission.enter(who.lastKnownAs)
    if (ticket === undefined) return door.refuse(reply, serviceUnavailable(BUSY))
    void who.answer.then((known) => {
      ticket.leave()
      if (!request.raw.socket.destroyed) letIn(request, reply, known, done)
    })
  })
  // The body has been read; Fastify wants a parser all the same.
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (request, _payload, done) => done(null, request.body))
}

/** Frees what the request holds when its answer was handed over: not when the client has read it, which may be never. */
export function passing<R extends FastifyRequest>(
  handle: (pass: Pass, request: R, reply: FastifyReply) => Promise<void>,
) {
  return async (request: R, reply: FastifyReply): Promise<void> => {
    const { pass } = request
    if (pass === undefined) throw new Error('This route stands behind no door')
    try {
      await handle(pass, request, reply)
    } finally {
      holdUnread(pass.ticket, reply.raw)
      pass.ticket.leave()
    }
  }
}

function holdUnread(ticket: Ticket, response: ServerResponse): void {
  const unread = response.writableLength
  if (unread === 0 || response.closed) return
  const release = ticket.hold(unread)
  const { socket } = response.req
  // An answer that waits behind another one is not told when the connection closes.
  const settle = () => {
    response.off('close', settle)
    socket.off('close', settle)
    release()
  }
  response.on('close', settle)
  socket.on('close', settle)
}
