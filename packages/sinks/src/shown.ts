import { hash } from 'node:crypto'
import type { HttpRequest, SelectedHttpAuthScheme } from '@smithy/types'

/** What is a call's own, beside what all calls of its operation share. */
export type Own = {
  /** Made from record bytes: the SDK's serialiser would take several times the CPU of all the rest. */
  readonly body: Buffer
  /** The part of the path, at its end and encoded, that is this call's own. */
  readonly pathEnd?: string
  /** Headers that are this call's own. */
  readonly headers?: Readonly<Record<string, string>>
}

/** How the SDK sent a call: the request before it was signed, and the way of signing that it chose. */
export type Shown = {
  readonly request: HttpRequest
  readonly pathEnd: string
  readonly scheme: SelectedHttpAuthScheme
  readonly signing: Readonly<Record<string, unknown>>
}

/** Of one attempt, for the SDK's own bookkeeping. */
const LEFT_OUT = ['amz-sdk-invocation-id', 'amz-sdk-request', 'expect']
/** The same in every call of an operation. */
const KEPT = new Set('content-type host if-none-match user-agent x-amz-acl x-amz-target x-amz-user-agent'.split(' '))

/** Undefined if there is more in the request than we know how to repeat. */
export function shownBy(
  request: HttpRequest,
  scheme: SelectedHttpAuthScheme | undefined,
  { pathEnd = '', headers = {} }: Own,
): Shown | undefined {
  const own = new Set(['content-length', ...LEFT_OUT, ...Object.keys(headers)])
  const kept = Object.entries(request.headers).filter(([name]) => !own.has(name.toLowerCase()))
  const isKnown = kept.every(([name]) => KEPT.has(name.toLowerCase()))
  if (scheme === undefined || !isKnown || !request.path.endsWith(pathEnd)) return undefined
  const signing = withOneSigner(scheme.httpAuthOption.signingProperties ?? {})
  return { request: { ...request, headers: Object.fromEntries(kept), body: undefined }, pathEnd, scheme, signing }
}

type Signing = { readonly signer: (scheme: unknown) => Promise<unknown>; systemClockOffset: number }

/** For each call the SDK makes a signer out of a copy of all its configuration. It keeps nothing of a call: one is enough. */
function withOneSigner(properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { config } = properties
  if (!isSigning(config)) return properties
  let made: Promise<unknown> | undefined
  const one = Object.create(config, {
    signer: { value: (scheme: unknown) => (made ??= config.signer(scheme)) },
    // Corrected after an answer, also for the calls that go the SDK's way.
    systemClockOffset: {
      get: () => config.systemClockOffset,
      set(ms: number) {
        config.systemClockOffset = ms
      },
    },
  })
  return { ...properties, config: one }
}

function isSigning(config: unknown): config is Signing {
  return typeof config === 'object' && config !== null && 'signer' in config && 'systemClockOffset' in config
}

export function requestFor({ body, pathEnd = '', headers }: Own, shown: Shown): HttpRequest {
  const { request } = shown
  return {
    ...request,
    path: request.path.slice(0, request.path.length - shown.pathEnd.length) + pathEnd,
    headers: {
      ...request.headers,
      ...headers,
      'content-length': String(body.length),
      // The signer takes it from here, where it would feed a hash of its own in parts.
      'x-amz-content-sha256': hash('sha256', body),
    },
    body,
  }
}
