import { describe, expect, test } from 'vitest'
import { classify, type Verdict } from './classify.ts'

type Row = readonly [error: object, expected: Partial<Verdict>]

const http = (status: number, name: string, message = 'm') => ({ name, message, $metadata: { httpStatusCode: status } })
const clockCorrected = (status: number, name: string) => {
  const error = http(status, name)
  return { ...error, $metadata: { ...error.$metadata, clockSkewCorrected: true } }
}
const each = (status: number, names: string, expected: Partial<Verdict>): Row[] =>
  names.split(' ').map((name) => [http(status, name), expected])

const THROTTLED = { class: 'throttled', action: 'retry', taken: 'no' } as const
const TRANSIENT = { class: 'transient', action: 'retry', taken: 'no' } as const
const SERVER_ERROR = { class: 'transient', action: 'retry', taken: 'maybe' } as const
const NO_ANSWER = { class: 'network', action: 'retry', taken: 'maybe' } as const
const NOT_SENT = { class: 'network', action: 'retry', taken: 'no' } as const
const CLOCK = { class: 'clock', action: 'retry', taken: 'no' } as const
const ACCESS = { class: 'access', action: 'hold', taken: 'no' } as const
const EXPIRED = { class: 'credentials', action: 'retry', taken: 'no' } as const
const MISSING = { class: 'missing', action: 'hold', taken: 'no' } as const
const INVALID = { class: 'invalid', action: 'split', taken: 'no' } as const
const UNKNOWN = { class: 'invalid', action: 'doubt', taken: 'no' } as const
const EXISTS = { action: 'exists', taken: 'no' } as const

describe('what each error of S3 means', () => {
  const rows: readonly Row[] = [
    [http(503, 'SlowDown'), THROTTLED],
    ...each(400, 'RequestLimitExceeded Throttling', THROTTLED),
    [http(500, 'InternalError'), SERVER_ERROR],
    [http(503, 'ServiceUnavailable'), SERVER_ERROR],
    [http(400, 'RequestTimeout'), TRANSIENT],
    ...each(409, 'OperationAborted ConditionalRequestConflict', TRANSIENT),
    ...each(400, 'BadDigest XAmzContentChecksumMismatch', TRANSIENT),
    [http(403, 'RequestTimeTooSkewed'), CLOCK],
    ...each(403, 'AccessDenied InvalidAccessKeyId SignatureDoesNotMatch', ACCESS),
    ...each(400, 'InvalidToken KMS.DisabledException KMS.NotFoundException', ACCESS),
    [http(400, 'KMS.ThrottlingException'), THROTTLED],
    [http(400, 'ExpiredToken'), EXPIRED],
    [http(404, 'NoSuchBucket'), MISSING],
    [http(301, 'PermanentRedirect'), MISSING],
    [http(400, 'AuthorizationHeaderMalformed'), MISSING],
    [http(412, 'PreconditionFailed'), EXISTS],
    ...each(400, 'InvalidRequest InvalidArgument EntityTooLarge KeyTooLongError EncryptionTypeMismatch', INVALID),
    [http(501, 'NotImplemented'), { class: 'conditional-writes-ignored', action: 'hold', taken: 'no' }],
    // A HEAD has no body, so no name either.
    [http(404, 'NotFound'), MISSING],
    [http(403, 'Unknown'), { class: 'access', action: 'hold', name: 'HTTP 403' }],
    // Nor is a clock named that is wrong. The SDK says so instead, by the answer's Date; a name it has found counts more.
    [clockCorrected(403, 'Unknown'), { class: 'clock', action: 'retry', name: 'RequestTimeTooSkewed' }],
    [clockCorrected(403, 'AccessDenied'), ACCESS],
    [clockCorrected(404, 'NotFound'), MISSING],
    [http(301, 'Unknown'), { class: 'missing', action: 'hold', name: 'HTTP 301' }],
    [http(412, 'Unknown'), { action: 'exists' }],
  ]
  test.each(rows)('%o', (error, expected) => expect(classify(error)).toMatchObject(expected))
})

describe('what each error of CloudWatch Logs means', () => {
  const rows: readonly Row[] = [
    ...each(400, 'ThrottlingException RequestLimitExceeded LimitExceededException', THROTTLED),
    [http(503, 'ServiceUnavailableException'), SERVER_ERROR],
    [http(400, 'OperationAbortedException'), TRANSIENT],
    [http(500, 'InternalFailure'), SERVER_ERROR],
    [http(403, 'InvalidSignatureException', 'Signature expired: 20260101T000000Z is now earlier than'), CLOCK],
    [http(403, 'InvalidSignatureException', 'The request signature we calculated does not match'), ACCESS],
    ...each(400, 'AccessDeniedException UnrecognizedClientException InvalidClientTokenId', ACCESS),
    [http(403, 'MissingAuthenticationToken'), ACCESS],
    [http(400, 'ExpiredTokenException'), EXPIRED],
    [http(400, 'ResourceNotFoundException'), MISSING],
    ...each(400, 'ResourceAlreadyExistsException DataAlreadyAcceptedException', EXISTS),
    ...each(400, 'InvalidParameterException ValidationException', INVALID),
    [http(400, 'InvalidOperationException'), { class: 'invalid', action: 'hold', taken: 'no' }],
  ]
  test.each(rows)('%o', (error, expected) => expect(classify(error)).toMatchObject(expected))
})

describe('what each error of Firehose means', () => {
  const rows: readonly Row[] = [
    ...each(400, 'ThrottlingException LimitExceededException', THROTTLED),
    [http(503, 'ServiceUnavailableException'), SERVER_ERROR],
    ...each(400, 'AccessDeniedException UnrecognizedClientException InvalidKMSResourceException', ACCESS),
    [http(400, 'ExpiredTokenException'), EXPIRED],
    [http(400, 'ResourceNotFoundException'), MISSING],
    ...each(400, 'InvalidArgumentException ValidationException', INVALID),
    [http(400, 'InvalidSourceException'), { class: 'invalid', action: 'hold', taken: 'no' }],
  ]
  test.each(rows)('%o', (error, expected) => expect(classify(error)).toMatchObject(expected))
})

describe('what an unknown name means, by HTTP status', () => {
  const rows: readonly Row[] = [
    [http(500, 'Novel'), SERVER_ERROR],
    [http(429, 'Novel'), THROTTLED],
    [http(401, 'Novel'), ACCESS],
    [http(403, 'Novel'), ACCESS],
    [http(404, 'Novel'), MISSING],
    [http(409, 'Novel'), TRANSIENT],
    [http(400, 'Novel'), UNKNOWN],
    [http(418, 'Novel'), UNKNOWN],
    [http(400, 'SubscriptionRequiredException'), UNKNOWN],
    [http(413, 'Novel'), INVALID],
  ]
  test.each(rows)('%o', (error, expected) => expect(classify(error)).toMatchObject(expected))
})

describe('an answer that cannot be read settles nothing', () => {
  const rows: readonly Row[] = [
    [http(502, 'SyntaxError', 'Unexpected token <'), { ...SERVER_ERROR, name: 'HTTP 502' }],
    [http(502, 'Unknown', 'UnknownError'), { ...SERVER_ERROR, name: 'HTTP 502' }],
    [http(403, 'SyntaxError'), { class: 'access', action: 'hold', taken: 'maybe', name: 'HTTP 403' }],
    [http(400, 'Unknown'), { class: 'invalid', taken: 'maybe' }],
    [http(200, 'SyntaxError'), SERVER_ERROR],
    [{ name: 'SyntaxError', message: 'm', $response: { statusCode: 502 } }, SERVER_ERROR],
    [
      { ...http(200, 'Error', 'aborted'), code: 'ECONNRESET' },
      { ...NO_ANSWER, name: 'ECONNRESET' },
    ],
    // Whoever found the body too large did not pass it on.
    [http(413, 'SyntaxError'), { class: 'invalid', action: 'split', taken: 'no' }],
  ]
  test.each(rows)('%o', (error, expected) => expect(classify(error)).toMatchObject(expected))
})

describe('no answer at all', () => {
  const socket = (code: string, more = {}) => ({ name: 'Error', message: code, code, ...more })
  const rows: readonly Row[] = [
    [socket('ECONNREFUSED', { syscall: 'connect' }), { ...NOT_SENT, name: 'ECONNREFUSED' }],
    [{ ...socket('ECONNREFUSED'), name: 'AggregateError' }, NOT_SENT],
    [socket('ENOTFOUND', { syscall: 'getaddrinfo' }), NOT_SENT],
    [socket('EAI_AGAIN', { syscall: 'getaddrinfo' }), NOT_SENT],
    [socket('EHOSTUNREACH', { syscall: 'connect' }), NOT_SENT],
    [socket('CERT_HAS_EXPIRED'), NOT_SENT],
    [socket('EHOSTUNREACH', { syscall: 'write' }), NO_ANSWER],
    [socket('ENETUNREACH'), NO_ANSWER],
    [socket('ECONNRESET'), NO_ANSWER],
    [socket('EPIPE', { syscall: 'write' }), NO_ANSWER],
    [
      { name: 'TimeoutError', message: 'm', code: 'ETIMEDOUT' },
      { ...NO_ANSWER, name: 'ETIMEDOUT' },
    ],
    [
      { name: 'TimeoutError', message: 'm', code: 'ECONNRESET' },
      { ...NO_ANSWER, name: 'ECONNRESET' },
    ],
    [
      { name: 'TimeoutError', message: 'm' },
      { ...NO_ANSWER, name: 'TimeoutError' },
    ],
    [
      { name: 'CredentialsProviderError', message: 'm' },
      { class: 'credentials', action: 'hold', taken: 'no' },
    ],
    [new Error('anything'), { ...NO_ANSWER, name: 'NoAnswer' }],
  ]
  test.each(rows)('%o', (error, expected) => expect(classify(error)).toMatchObject(expected))
})

test('the kind of fault that the SDK names changes nothing', () => {
  const throttled = http(400, 'ThrottlingException')
  expect(classify({ ...throttled, $fault: 'client' })).toEqual(classify({ ...throttled, $fault: 'server' }))
})

test('what was thrown may be anything', () => {
  for (const thrown of [undefined, null, 'text', 7]) expect(classify(thrown)).toMatchObject(NO_ANSWER)
})

test('the words of a validation error, which may quote a record, go no further', () => {
  expect(classify(http(400, 'ValidationException', 'Value hello is bad')).detail).toBeUndefined()
  expect(classify(http(403, 'SyntaxError', 'Unexpected token h, "hello"')).detail).toBeUndefined()
  expect(classify(http(400, 'AccessDeniedException', 'User x is not\nauthorized')).detail).toBe(
    'User x is not authorized',
  )
})
