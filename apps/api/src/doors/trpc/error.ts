import {
  internalServerException,
  type RoomlogError,
  requestEntityTooLargeException,
  serviceUnavailable,
  validationError,
  validationException,
} from '@roomlog/domain'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'

const CODES = {
  ValidationException: 'BAD_REQUEST',
  ServiceQuotaExceededException: 'PAYMENT_REQUIRED',
  AccessDeniedException: 'FORBIDDEN',
  PendingVerification: 'FORBIDDEN',
  UnrecognizedClientException: 'FORBIDDEN',
  ResourceNotFoundException: 'NOT_FOUND',
  ConflictException: 'CONFLICT',
  ThrottlingException: 'TOO_MANY_REQUESTS',
  InternalServerException: 'INTERNAL_SERVER_ERROR',
  ServiceUnavailable: 'SERVICE_UNAVAILABLE',
  RequestEntityTooLargeException: 'PAYLOAD_TOO_LARGE',
} as const satisfies Record<RoomlogError['name'], TRPCError['code']>

/** An operation's refusal on its way through tRPC. */
class Refusal extends Error {
  readonly error: RoomlogError
  constructor(error: RoomlogError) {
    super(error.message)
    this.name = error.name
    this.error = error
  }
}

/** The one place where Roomlog's errors become tRPC's. */
export function toTRPCError(error: RoomlogError): TRPCError {
  return new TRPCError({ code: CODES[error.name], message: error.message, cause: new Refusal(error) })
}

/** Tells when to come again, where an answer refuses calls by their rate: once the last of them may pass. */
export function retryHeaders(errors: readonly TRPCError[]): Readonly<Record<string, string>> {
  let waitMs = 0
  for (const error of errors) {
    const ivs = ivsErrorOf(error)
    if (ivs.name === 'ThrottlingException') waitMs = Math.max(waitMs, ivs.retryAfterMs)
  }
  return waitMs === 0 ? {} : { 'retry-after': String(Math.ceil(waitMs / 1000)) }
}

/** Whether nobody decided on this error: a bug, or a failure outside the operations. */
export function isUnexpected(error: TRPCError): boolean {
  return error.code === 'INTERNAL_SERVER_ERROR' && !(error.cause instanceof Refusal)
}

/** What the client reads as `data.ivs`: our own error, or the one that says what tRPC itself refused. */
export function ivsErrorOf(error: TRPCError): RoomlogError {
  if (error.cause instanceof Refusal) return error.cause.error
  if (error.cause instanceof z.ZodError) return validationError(error.cause)
  switch (error.code) {
    case 'NOT_FOUND':
      return validationException('There is no such operation', { reason: 'UNKNOWN_OPERATION' })
    case 'PAYLOAD_TOO_LARGE':
      return requestEntityTooLargeException()
    case 'SERVICE_UNAVAILABLE':
    case 'CLIENT_CLOSED_REQUEST':
      return serviceUnavailable()
    case 'PARSE_ERROR':
      return validationException('The request is not valid JSON')
    case 'METHOD_NOT_SUPPORTED':
      return validationException('Queries are called with GET and mutations with POST')
    case 'UNSUPPORTED_MEDIA_TYPE':
      return validationException('The content type must be application/json')
    case 'TIMEOUT':
      return validationException('The request did not arrive whole in time')
    case 'BAD_REQUEST':
      return validationException(error.message)
    default:
      return internalServerException()
  }
}
