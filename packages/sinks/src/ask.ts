import { Readable } from 'node:stream'
import type { DeserializeMiddleware, HttpHandlerOptions, HttpResponse, MiddlewareStack } from '@smithy/types'
import { ANSWER_BYTES_MAX, type Answer, readAnswer, UnprovenAnswer } from './answer.ts'
import { type Attempt, attempt, sendOptions } from './attempt.ts'

/** A command of an AWS client, made for one call. */
export type Command<I extends object, O extends object> = {
  readonly input: object
  readonly middlewareStack: MiddlewareStack<I, O>
}

/** What of an answer is believed. */
export type Belief<T> = {
  /** What a 2xx says; throws an `UnprovenAnswer` unless the answer proves that it is the service's. */
  readonly prove: (answer: Answer) => T
  /** Of the body of a success. @default 1 MiB */
  readonly bytesMax?: number
  readonly signal: AbortSignal | undefined
}

/**
 * Sends a command the SDK's way, but reads the answer first: within bounds, until the signal aborts, and only as far as it
 * proves what it says. The SDK by itself reads errors without end, and takes an empty page of a proxy for an empty success.
 */
export function ask<I extends object, O extends object, Output, T>(
  { middlewareStack }: Command<I, O>,
  viaSdk: (options: HttpHandlerOptions) => Promise<Output>,
  { prove, bytesMax = ANSWER_BYTES_MAX, signal }: Belief<T>,
): Promise<Attempt<{ readonly output: Output; readonly proven: T }>> {
  let seen: { readonly proven: T } | undefined
  const read: DeserializeMiddleware<I, O> = (next) => async (args) => {
    const { response } = await next(args)
    if (!isHttpResponse(response)) throw new Error('the request handler of an AWS client gave no HTTP response')
    const answer = await readAnswer(response, bytesMax, signal)
    if (answer.status < 300) seen = { proven: prove(answer) }
    return { response: { ...response, headers: unchecked(answer), body: Readable.from([answer.body]) } }
  }
  // Nearest to the wire.
  middlewareStack.add(read, { step: 'deserialize', priority: 'low', name: 'readAnswerMiddleware', override: true })
  return attempt(async () => {
    const output = await viaSdk(sendOptions(signal))
    if (seen === undefined) throw new UnprovenAnswer(0, 'it was not seen')
    return { output, proven: seen.proven }
  }, signal)
}

/** The SDK would check a checksum while somebody reads the body, which nobody does any more. */
function unchecked({ headers }: Answer): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^x-amz-checksum-/i.test(name)))
}

function isHttpResponse(response: unknown): response is HttpResponse {
  return typeof response === 'object' && response !== null && 'statusCode' in response && 'body' in response
}
