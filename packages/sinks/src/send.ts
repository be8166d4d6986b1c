import { createHash, createHmac, type Hash, type Hmac, hash } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type {
  AwsCredentialIdentity,
  EndpointV2,
  HttpHandlerOptions,
  HttpRequest,
  HttpResponse,
  SourceData,
} from '@smithy/types'
import { ANSWER_BYTES_MAX, type Answer, headerOf, isJsonObject, readAnswer } from './answer.ts'
import type { Belief } from './ask.ts'
import { type Attempt, attempt, sendOptions } from './attempt.ts'
import { areOldCredentials } from './renew-credentials.ts'
import { ServiceError, type Words } from './service-error.ts'
import { systemClock } from './system-clock.ts'

/** What of an AWS client's public configuration says how its calls are signed and sent. */
type Config = {
  readonly credentials: (options?: { readonly forceRefresh?: boolean }) => Promise<AwsCredentialIdentity>
  readonly region: () => Promise<string>
  readonly disableClockSkewCorrection?: () => Promise<boolean>
  /** What this machine's clock is to be corrected by. The client's own calls read and write it too. */
  systemClockOffset: number
  readonly requestHandler: {
    handle(request: HttpRequest, options?: HttpHandlerOptions): Promise<{ response: HttpResponse }>
  }
}

/** What all calls of one operation have in common. */
export type Operation = {
  readonly service: 's3' | 'logs' | 'firehose'
  readonly method: 'PUT' | 'POST'
  readonly query?: Record<string, string>
  readonly headers: Readonly<Record<string, string>>
  /** Where its client would send it. Asked until there is an answer, which stays. */
  readonly endpoint: () => Promise<EndpointV2>
  /** The service's own words in an answer that is no success. */
  readonly wordsOf: (answer: Answer) => Words
}

export type Call<T> = Belief<T> & {
  readonly body: Buffer
  /** What follows the endpoint's own path, encoded. */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** One call: what its answer proves, or what was made of a `ServiceError`, an `UnprovenAnswer` or the request handler's error. */
export type Send = <T>(call: Call<T>) => Promise<Attempt<T>>

/**
 * Sends calls of an operation with the client's credentials, region, endpoint, clock and request handler, past its
 * middleware, which takes more CPU than signing and sending together.
 */
export function createSend({ config }: { readonly config: Config }, operation: Operation): Send {
  const { service, method, query, headers } = operation
  const target = keepOnce(() => operation.endpoint().then(targetOf))
  let areRefused = false

  const signer = new SignatureV4({
    service,
    region: () => config.region(),
    async credentials() {
      const found = await config.credentials(areRefused ? { forceRefresh: true } : {})
      areRefused = false
      return found
    },
    sha256: Sha256,
    // S3 signs paths as they are sent, all others encode them once more.
    uriEscapePath: service !== 's3',
  })

  async function sendOnce<T>(call: Call<T>): Promise<T> {
    const { body, path, headers: own, prove, bytesMax = ANSWER_BYTES_MAX, signal } = call
    const { url, signing, headers: atTarget } = await target()
    const isClockKept = (await config.disableClockSkewCorrection?.()) === true
    const offsetMs = isClockKept ? 0 : config.systemClockOffset
    const sentAtMs = systemClock.nowMs()
    const request: HttpRequest = {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      path: pathAt(url, path),
      ...(query === undefined ? {} : { query }),
      headers: {
        ...atTarget,
        host: url.host,
        'user-agent': 'roomlog',
        ...headers,
        ...own,
        'content-length': String(body.length),
        // The signer takes it from here, where it would feed a hash of its own in parts.
        'x-amz-content-sha256': hash('sha256', body),
      },
      body,
    }
    const signed = await signer.sign(request, { signingDate: new Date(sentAtMs + offsetMs), ...signing })
    const { response } = await config.requestHandler.handle(signed, sendOptions(signal))
    const clockSkewCorrected = !isClockKept && correctClock(config, response, { sentAtMs, offsetMs })
    const answer = await readAnswer(response, bytesMax, signal)
    if (answer.status < 300) return prove(answer)
    const error = new ServiceError({ httpStatusCode: answer.status, clockSkewCorrected }, operation.wordsOf(answer))
    areRefused ||= areOldCredentials(error)
    throw error
  }

  return (call) => attempt(() => sendOnce(call), call.signal)
}

type Target = {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Where the endpoint wants to be signed for otherwise than by its client's region and its service. */
  readonly signing: { readonly signingRegion?: string; readonly signingService?: string }
}

function targetOf({ url, headers = {}, properties }: EndpointV2): Target {
  const schemes = properties?.authSchemes
  const scheme: unknown = Array.isArray(schemes) ? schemes[0] : undefined
  const { signingRegion, signingName } = isJsonObject(scheme) ? scheme : {}
  return {
    url,
    headers: Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.join(', ')])),
    signing: {
      ...(typeof signingRegion === 'string' ? { signingRegion } : {}),
      ...(typeof signingName === 'string' ? { signingService: signingName } : {}),
    },
  }
}

/** As the SDK has it, to the slash: what it reads back must lie where this was put. */
function pathAt({ pathname }: URL, path: string | undefined): string {
  if (path === undefined) return pathname.endsWith('/') ? pathname : `${pathname}/`
  return `${pathname === '/' ? '' : pathname}/${path}`
}

/** Calls that come at once share an answer, and later ones have it too; after a failure it is asked for again. */
function keepOnce<T>(find: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined
  return () => {
    kept ??= find().catch((error) => {
      kept = undefined
      throw error
    })
    return kept
  }
}

/** A signature from a clock that is off by more than this may be refused. */
const SKEW_MAX_MS = 240_000
/** What was so long on its way says nothing of the time it arrives at. */
const TRAVEL_MAX_MS = 900_000

/** Learns the time from an answer, as the client does from those to its own calls. Whether the clock was off by minutes. */
function correctClock(
  config: Config,
  response: HttpResponse,
  { sentAtMs, offsetMs }: { readonly sentAtMs: number; readonly offsetMs: number },
): boolean {
  const toldMs = Date.parse(headerOf(response, 'date') ?? '')
  const nowMs = systemClock.nowMs()
  const isFromCache = headerOf(response, 'age') !== undefined
  if (Number.isNaN(toldMs) || isFromCache || nowMs - sentAtMs > TRAVEL_MAX_MS) return false
  config.systemClockOffset = toldMs - nowMs
  return Math.abs(config.systemClockOffset) >= SKEW_MAX_MS && config.systemClockOffset !== offsetMs
}

/** Node's SHA-256 and HMAC, as the signer wants them. */
class Sha256 {
  readonly #hash: Hash | Hmac

  constructor(secret?: SourceData) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
  }

  update(data: SourceData): void {
    this.#hash.update(bytesOf(data))
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): never {
    throw new Error('a signature takes each hash once')
  }
}

function bytesOf(data: SourceData): string | Uint8Array {
  if (typeof data === 'string') return data
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}
