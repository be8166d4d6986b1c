import { UnprovenAnswer } from './answer.ts'
import type { FailureClass } from './port.ts'

/**
 * What an error of an AWS client means to a sink.
 * - `retry`: try again later. `hold`: a person must act. `split`: something in the batch is unacceptable.
 *   `doubt`: a 4xx whose name is not known. It may be about the destination or about a record, so nothing may be dropped for it.
 *   `exists`: what was asked for is there already.
 * - `taken`: whether the call may have had its effect in spite of the error.
 */
export type Verdict = {
  readonly class: FailureClass
  readonly action: 'retry' | 'hold' | 'split' | 'doubt' | 'exists'
  readonly taken: 'no' | 'maybe'
  /** The service's error name, the socket's code, or `HTTP <status>`. */
  readonly name: string
  readonly status: number | undefined
  /** The service's own words, where they are known to name only resources and principals. */
  readonly detail: string | undefined
  /** The header that a 501 names: what the store does not implement. */
  readonly header?: string | undefined
}

/** By error name, then HTTP status, then socket code; never by `$fault`, which calls throttling a client's fault. */
export function classify(error: unknown): Verdict {
  const facts = factsOf(error)
  const { name, status, code } = facts
  // The answer to a HEAD has no body, so nothing names the error. The SDK has compared its Date header with our clock.
  const isSkewed = name === undefined && status === 403 && facts.clockCorrected
  const meaning =
    byName(name, facts.message) ??
    (isSkewed ? CLOCK : undefined) ??
    (status === undefined || status < 300 ? bySocket(code) : undefined) ??
    byStatus(status) ??
    NETWORK
  const isTold = error instanceof UnprovenAnswer || (name !== undefined && DETAILED.has(meaning.class))
  return {
    ...meaning,
    taken: wasSurelyNotTaken(facts) ? 'no' : 'maybe',
    name: name ?? code ?? (isSkewed ? 'RequestTimeTooSkewed' : status === undefined ? 'NoAnswer' : `HTTP ${status}`),
    status,
    detail: isTold ? oneLine(facts.message) : undefined,
    header: name === 'NotImplemented' ? headerNamedBy(error, facts.message) : undefined,
  }
}

type Meaning = Pick<Verdict, 'class' | 'action'>

const THROTTLED: Meaning = { class: 'throttled', action: 'retry' }
const TRANSIENT: Meaning = { class: 'transient', action: 'retry' }
const NETWORK: Meaning = { class: 'network', action: 'retry' }
/** The SDK learns the clock's error from the answer, so the next attempt is signed with the right time. */
const CLOCK: Meaning = { class: 'clock', action: 'retry' }
const ACCESS: Meaning = { class: 'access', action: 'hold' }
/** The SDK loads fresh credentials for the next attempt. */
const EXPIRED: Meaning = { class: 'credentials', action: 'retry' }
const MISSING: Meaning = { class: 'missing', action: 'hold' }
const EXISTS: Meaning = { class: 'transient', action: 'exists' }
const INVALID: Meaning = { class: 'invalid', action: 'split' }
const UNKNOWN: Meaning = { class: 'invalid', action: 'doubt' }

const MEANING_BY_NAME: ReadonlyMap<string, Meaning> = new Map([
  ...named(
    THROTTLED,
    'SlowDown RequestLimitExceeded Throttling ThrottlingException ThrottledException RequestThrottled',
    'RequestThrottledException LimitExceededException TooManyRequestsException BandwidthLimitExceeded',
    'ProvisionedThroughputExceededException PriorRequestNotComplete',
  ),
  ...named(
    TRANSIENT,
    'InternalError InternalFailure InternalServerError ServiceUnavailable ServiceUnavailableException',
    'RequestTimeout RequestTimeoutException OperationAborted OperationAbortedException ConditionalRequestConflict',
    'BadDigest XAmzContentChecksumMismatch IncompleteBody TemporaryRedirect',
  ),
  ...named(CLOCK, 'RequestTimeTooSkewed RequestExpired RequestInTheFuture'),
  ...named(
    ACCESS,
    'AccessDenied AccessDeniedException InvalidAccessKeyId SignatureDoesNotMatch InvalidSignatureException',
    'InvalidToken UnrecognizedClientException InvalidClientTokenId MissingAuthenticationToken',
    'MissingAuthenticationTokenException IncompleteSignature IncompleteSignatureException OptInRequired',
    'InvalidKMSResourceException AccessControlListNotSupported AllAccessDisabled AccountProblem',
  ),
  ...named(EXPIRED, 'ExpiredToken ExpiredTokenException TokenRefreshRequired'),
  ...named({ class: 'credentials', action: 'hold' }, 'CredentialsProviderError'),
  ...named(
    MISSING,
    'NoSuchBucket NotFound NoSuchKey PermanentRedirect AuthorizationHeaderMalformed InvalidBucketName',
    'IllegalLocationConstraintException ResourceNotFoundException',
  ),
  ...named(EXISTS, 'PreconditionFailed ResourceAlreadyExistsException DataAlreadyAcceptedException'),
  ...named(
    INVALID,
    'InvalidRequest InvalidArgument EntityTooLarge KeyTooLongError EncryptionTypeMismatch',
    'InvalidParameterException ValidationException InvalidArgumentException SerializationException',
  ),
  // About the stream (it takes no direct puts) or the log group (its class has no such call), not about the records:
  // splitting would help nothing.
  ...named({ class: 'invalid', action: 'hold' }, 'InvalidSourceException InvalidOperationException'),
  // A store says so of a header that it does not know; unless its text names another, it is `If-None-Match`.
  ...named({ class: 'conditional-writes-ignored', action: 'hold' }, 'NotImplemented'),
])

function named(meaning: Meaning, ...names: readonly string[]): [string, Meaning][] {
  return names.flatMap((line) => line.split(' ')).map((name) => [name, meaning])
}

function byName(name: string | undefined, message: string): Meaning | undefined {
  if (name === undefined) return undefined
  if (name === 'InvalidSignatureException' && /expired|not yet current/i.test(message)) return CLOCK
  const meaning = MEANING_BY_NAME.get(name)
  if (meaning !== undefined) return meaning
  if (/thrott/i.test(name)) return THROTTLED
  return name.startsWith('KMS.') ? ACCESS : undefined
}

function byStatus(status: number | undefined): Meaning | undefined {
  if (status === undefined) return undefined
  if (status === 429) return THROTTLED
  if (status >= 500 || status < 300 || status === 408 || status === 409) return TRANSIENT
  if (status === 401 || status === 403) return ACCESS
  if (status === 404 || status === 410 || status < 400) return MISSING
  if (status === 412) return EXISTS
  // A body that is too large is about what was sent, whatever it is called.
  return status === 413 ? INVALID : UNKNOWN
}

function bySocket(code: string | undefined): Meaning | undefined {
  return code === undefined ? undefined : NETWORK
}

/** Errors of a connection that never came to be: TLS certificates are looked at before the request is sent. */
const NOT_SENT_CODES = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/
/** Refusals that come before any effect, with a status over 499. */
const REFUSED_BY_5XX = new Set(['SlowDown', 'NotImplemented'])

function wasSurelyNotTaken({ name, status, code, syscall }: Facts): boolean {
  if (name === 'CredentialsProviderError') return true
  if (status === undefined) return syscall === 'connect' || (code !== undefined && NOT_SENT_CODES.test(code))
  if (name !== undefined && REFUSED_BY_5XX.has(name)) return true
  // A 4xx without a name comes from something in between that may have passed the request on; a body too large it cannot have.
  return status >= 300 && status < 500 && (name !== undefined || status === 413)
}

type Facts = {
  readonly name: string | undefined
  readonly status: number | undefined
  readonly code: string | undefined
  readonly syscall: string | undefined
  /** The SDK found this machine's clock to be off by minutes, and has set its own right for the next call. */
  readonly clockCorrected: boolean
  readonly message: string
}

/** Names that the SDK or the JavaScript engine gave, not the service. */
const NO_NAMES = new Set(['', 'Error', 'AggregateError', 'SyntaxError', 'TypeError', 'Unknown', 'UnknownError'])
const LOCAL_NAMES = new Set(['TimeoutError', 'AbortError'])

function factsOf(error: unknown): Facts {
  const status =
    numberIn(member(error, '$metadata'), 'httpStatusCode') ?? numberIn(member(error, '$response'), 'statusCode')
  const code = stringIn(error, 'code')
  const given = stringIn(error, 'name') ?? ''
  const local = LOCAL_NAMES.has(given)
  const name = NO_NAMES.has(given) || (local && (code !== undefined || status !== undefined)) ? undefined : given
  const clockCorrected = member(member(error, '$metadata'), 'clockSkewCorrected') === true
  const message = stringIn(error, 'message') ?? ''
  return { name, status, code, syscall: stringIn(error, 'syscall'), clockCorrected, message }
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}

/** S3 names it in an element of its own, R2 and others in the message. Of our own headers only, so nothing else is quoted. */
function headerNamedBy(error: unknown, message: string): string | undefined {
  const text = `${stringIn(error, 'Header') ?? ''} ${message}`
  return /if-none-match|content-md5|x-amz-(?:acl|checksum-crc32|sdk-checksum-algorithm|content-sha256)/i
    .exec(text)?.[0]
    .toLowerCase()
}

function stringIn(value: unknown, key: string): string | undefined {
  const found = member(value, key)
  return typeof found === 'string' ? found : undefined
}

function numberIn(value: unknown, key: string): number | undefined {
  const found = member(value, key)
  return typeof found === 'number' ? found : undefined
}

/** A validation error may quote the record, so its words are never passed on. */
const DETAILED: ReadonlySet<FailureClass> = new Set<FailureClass>(['access', 'credentials', 'missing', 'clock'])
const DETAIL_LENGTH_MAX = 300

function oneLine(message: string): string | undefined {
  const line = message.replace(/\s+/g, ' ').trim()
  return line === '' || line === 'UnknownError' ? undefined : line.slice(0, DETAIL_LENGTH_MAX)
}
