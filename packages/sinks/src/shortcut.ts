import type {
  FinalizeRequestMiddleware,
  HttpHandlerOptions,
  HttpRequest,
  HttpResponse,
  MiddlewareStack,
  SelectedHttpAuthScheme,
} from '@smithy/types'
import { ANSWER_BYTES_MAX, readAnswer, UnprovenAnswer } from './answer.ts'
import { ask, type Belief, type Command } from './ask.ts'
import { sendOptions } from './attempt.ts'
import { type Own, requestFor, type Shown, shownBy } from './shown.ts'

/** An AWS client, as far as a shortcut needs to know it. */
type Client<Input extends object, Output extends object> = {
  readonly config: {
    readonly requestHandler: {
      handle(request: HttpRequest, options?: HttpHandlerOptions): Promise<{ response: HttpResponse }>
    }
  }
  readonly middlewareStack: MiddlewareStack<Input, Output>
}

export type Call<I extends object, O extends object, T> = Own &
  Belief<T> & {
    /** Its input may leave out what the body says. */
    readonly command: Command<I, O>
    /** Sends the command with the client; without options where nothing is sent: the SDK's middleware stays sorted. */
    readonly viaSdk: (options?: HttpHandlerOptions) => Promise<unknown>
  }

/** What the answer proves; rejects as the SDK would where it is no success, and with an `UnprovenAnswer`. */
export type Shortcut = <I extends object, O extends object, T>(call: Call<I, O, T>) => Promise<T>

/** What the SDK is to do otherwise with a command; by the command's input. */
type Errand = {
  readonly body: Buffer
  readonly onRequest?: (request: HttpRequest, scheme: SelectedHttpAuthScheme | undefined) => void
  /** Has come already: the SDK reads it and sends nothing. */
  readonly response?: HttpResponse
}

const errands = new WeakMap<object, Errand>()
/** Stays with an input when a middleware of the SDK hands a copy of it on. */
const TICKET = Symbol('roomlog.errand')

/** The SDK would hash a body that has been sent already. */
const NOTHING = Buffer.alloc(0)

function give(input: object, errand: Errand): void {
  const ticket = {}
  errands.set(ticket, errand)
  Object.assign(input, { [TICKET]: ticket })
}

function errandOf(input: object): Errand | undefined {
  const ticket = TICKET in input ? input[TICKET] : undefined
  return typeof ticket === 'object' && ticket !== null ? errands.get(ticket) : undefined
}

/**
 * Sends the calls of one operation as the SDK sent the first one, with its signer and its request handler, but without the
 * rest of its middleware, which takes more CPU than both. Errors are for the SDK to read; and after a failure that may be
 * about endpoint or credentials the next call goes the SDK's way again.
 */
export function createShortcut<I extends object, O extends object>(client: Client<I, O>): Shortcut {
  listen(client)
  let shown: Shown | undefined

  async function beShown<CI extends object, CO extends object, T>(call: Call<CI, CO, T>): Promise<T> {
    let seen: Shown | undefined
    const onRequest = (request: HttpRequest, scheme: SelectedHttpAuthScheme | undefined) => {
      seen = shownBy(request, scheme, call)
    }
    give(call.command.input, { body: call.body, onRequest })
    try {
      const { proven } = await ask(call.command, call.viaSdk, call)
      shown = seen
      return proven
    } catch (error) {
      if (!isAboutTheWay(error)) shown = seen
      throw error
    }
  }

  async function repeat<CI extends object, CO extends object, T>(call: Call<CI, CO, T>, like: Shown): Promise<T> {
    const { signer, identity } = like.scheme
    const properties = { ...like.signing }
    const signed = await signer.sign(requestFor(call, like), identity, properties)
    const { requestHandler } = client.config
    const { response } = await requestHandler.handle(signed, sendOptions(call.signal))
    const answer = await readAnswer(response, call.bytesMax ?? ANSWER_BYTES_MAX, call.signal)
    if (answer.status >= 300) {
      give(call.command.input, { body: NOTHING, response: { ...response, body: answer.body } })
      await call.viaSdk()
      throw new UnprovenAnswer(answer.status, 'the SDK finds no error in it')
    }
    const proven = call.prove(answer)
    signer.successHandler?.(response, properties)
    return proven
  }

  return async (call) => {
    if (shown === undefined) return beShown(call)
    try {
      return await repeat(call, shown)
    } catch (error) {
      if (isAboutTheWay(error)) shown = undefined
      throw error
    }
  }
}

/** Without an answer, sent elsewhere, or not let in. Other refusals are about what was sent, not about how. */
function isAboutTheWay(error: unknown): boolean {
  const metadata = typeof error === 'object' && error !== null && '$metadata' in error ? error.$metadata : undefined
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return true
  const status = metadata.httpStatusCode
  return typeof status !== 'number' || status < 400 || status === 401 || status === 403
}

/** Has a client do the errands of commands, beside what it does with others. */
function listen<I extends object, O extends object>({ middlewareStack: stack }: Client<I, O>): void {
  // On the client, not on each command: the SDK can then keep the stack it has sorted (`cacheMiddleware`).
  stack.add(
    (next) => (args) => {
      const errand = errandOf(args.input)
      if (errand && hasBody(args.request)) args.request.body = errand.body
      return next(args)
    },
    // Before the SDK measures and signs the body.
    { step: 'build', priority: 'high', name: 'recordBytesMiddleware', override: true },
  )
  const showRequest: FinalizeRequestMiddleware<I, O> = (next, context) => (args) => {
    const errand = errandOf(args.input)
    if (errand?.onRequest && isHttpRequest(args.request)) {
      errand.onRequest(args.request, context.__smithy_context?.selectedHttpAuthScheme)
    }
    return next(args)
  }
  stack.addRelativeTo(showRequest, {
    relation: 'before',
    toMiddleware: 'httpSigningMiddleware',
    name: 'shownRequestMiddleware',
    override: true,
  })
  stack.add(
    (next) => async (args) => {
      const response = errandOf(args.input)?.response
      return response === undefined ? next(args) : { response }
    },
    // Nearest to the wire.
    { step: 'deserialize', priority: 'low', name: 'arrivedAnswerMiddleware', override: true },
  )
}

function hasBody(request: unknown): request is { body: unknown } {
  return typeof request === 'object' && request !== null && 'body' in request
}

function isHttpRequest(request: unknown): request is HttpRequest {
  return hasBody(request) && 'headers' in request && 'path' in request
}
