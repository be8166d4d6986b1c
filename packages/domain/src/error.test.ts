import { expect, test } from 'vitest'
import {
  accessDeniedException,
  conflictException,
  httpStatusOf,
  internalServerException,
  pendingVerification,
  requestEntityTooLargeException,
  resourceNotFoundException,
  serviceQuotaExceededException,
  serviceUnavailable,
  throttlingException,
  unrecognizedClientException,
  validationException,
} from './error.ts'

const room = { resourceId: 'abc123DEF456', resourceType: 'ROOM' } as const

test.each([
  [400, validationException('m'), { name: 'ValidationException', reason: 'OTHER' }],
  [
    402,
    serviceQuotaExceededException({ ...room, limit: 10 }, 'm'),
    { name: 'ServiceQuotaExceededException', ...room, limit: 10 },
  ],
  [403, accessDeniedException('m'), { name: 'AccessDeniedException' }],
  [403, pendingVerification('m'), { name: 'PendingVerification' }],
  [404, resourceNotFoundException(room, 'm'), { name: 'ResourceNotFoundException', ...room }],
  [409, conflictException(room, 'm'), { name: 'ConflictException', ...room }],
  [
    429,
    throttlingException({ ...room, limit: 5, retryAfterMs: 200 }, 'm'),
    { name: 'ThrottlingException', ...room, limit: 5, retryAfterMs: 200 },
  ],
  [500, internalServerException('m'), { name: 'InternalServerException' }],
  [403, unrecognizedClientException('m'), { name: 'UnrecognizedClientException' }],
  [503, serviceUnavailable('m'), { name: 'ServiceUnavailable' }],
  [413, requestEntityTooLargeException('m'), { name: 'RequestEntityTooLargeException' }],
])('%i %j has the members of IVS', (status, error, members) => {
  expect(error).toStrictEqual({ message: 'm', ...members })
  expect(httpStatusOf(error)).toBe(status)
})
