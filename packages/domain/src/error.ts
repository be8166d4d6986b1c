/** `DESTINATION`: a bucket, a log group or a delivery stream. */
export type ResourceType = 'ROOM' | 'LOGGING_CONFIGURATION' | 'DESTINATION' | 'ACCESS_KEY' | 'ACCOUNT'
export type ValidationReason = 'UNKNOWN_OPERATION' | 'FIELD_VALIDATION_FAILED' | 'OTHER'
export type FieldError = { readonly name: string; readonly message: string }

/** What a call is refused with: IVS's own names and members, then those of AWS's front doors. */
export type RoomlogError =
  | {
      readonly name: 'ValidationException'
      readonly message: string
      readonly reason: ValidationReason
      readonly fieldList?: readonly FieldError[] | undefined
    }
  | {
      readonly name: 'ServiceQuotaExceededException'
      readonly message: string
      readonly resourceId: string
      readonly resourceType: ResourceType
      readonly limit: number
    }
  | { readonly name: 'AccessDeniedException'; readonly message: string }
  | { readonly name: 'PendingVerification'; readonly message: string }
  | {
      readonly name: 'ResourceNotFoundException'
      readonly message: string
      readonly resourceId: string
      readonly resourceType: ResourceType
    }
  | {
      readonly name: 'ConflictException'
      readonly message: string
      readonly resourceId: string
      readonly resourceType: ResourceType
    }
  | {
      readonly name: 'ThrottlingException'
      readonly message: string
      readonly resourceId: string
      readonly resourceType: ResourceType
      readonly limit: number
      /** From when on the rate takes one call more, if nobody else comes first. */
      readonly retryAfterMs: number
    }
  | { readonly name: 'InternalServerException'; readonly message: string }
  | { readonly name: 'UnrecognizedClientException'; readonly message: string }
  | { readonly name: 'ServiceUnavailable'; readonly message: string }
  | { readonly name: 'RequestEntityTooLargeException'; readonly message: string }

const HTTP_STATUS = {
  ValidationException: 400,
  ServiceQuotaExceededException: 402,
  AccessDeniedException: 403,
  PendingVerification: 403,
  ResourceNotFoundException: 404,
  ConflictException: 409,
  ThrottlingException: 429,
  InternalServerException: 500,
  UnrecognizedClientException: 403,
  ServiceUnavailable: 503,
  RequestEntityTooLargeException: 413,
} as const satisfies Record<RoomlogError['name'], number>

/** HTTP status that IVS answers the error with. */
export function httpStatusOf(error: Pick<RoomlogError, 'name'>): (typeof HTTP_STATUS)[RoomlogError['name']] {
  return HTTP_STATUS[error.name]
}

type Resource = { readonly resourceId: string; readonly resourceType: ResourceType }

export function validationException(
  message: string,
  { reason = 'OTHER', fieldList }: { reason?: ValidationReason; fieldList?: readonly FieldError[] } = {},
): RoomlogError {
  return { name: 'ValidationException', message, reason, ...(fieldList ? { fieldList } : {}) }
}

export function serviceQuotaExceededException(
  { resourceId, resourceType, limit }: Resource & { readonly limit: number },
  message = 'The request would exceed a service quota',
): RoomlogError {
  return { name: 'ServiceQuotaExceededException', message, resourceId, resourceType, limit }
}

export function accessDeniedException(message = 'The access key may not do this'): RoomlogError {
  return { name: 'AccessDeniedException', message }
}

export function pendingVerification(message = 'The account is pending verification'): RoomlogError {
  return { name: 'PendingVerification', message }
}

export function resourceNotFoundException(
  { resourceId, resourceType }: Resource,
  message = 'The resource was not found',
): RoomlogError {
  return { name: 'ResourceNotFoundException', message, resourceId, resourceType }
}

export function conflictException(
  { resourceId, resourceType }: Resource,
  message = 'The resource is in a state that does not allow this',
): RoomlogError {
  return { name: 'ConflictException', message, resourceId, resourceType }
}

export function throttlingException(
  {
    resourceId,
    resourceType,
    limit,
    retryAfterMs,
  }: Resource & { readonly limit: number; readonly retryAfterMs: number },
  message = 'Too many requests',
): RoomlogError {
  return { name: 'ThrottlingException', message, resourceId, resourceType, limit, retryAfterMs }
}

export function internalServerException(message = 'An internal error occurred'): RoomlogError {
  return { name: 'InternalServerException', message }
}

export function unrecognizedClientException(message = 'The access key is unknown or wrong'): RoomlogError {
  return { name: 'UnrecognizedClientException', message }
}

export function serviceUnavailable(message = 'The service cannot take the request now'): RoomlogError {
  return { name: 'ServiceUnavailable', message }
}

export function requestEntityTooLargeException(message = 'The request is too large'): RoomlogError {
  return { name: 'RequestEntityTooLargeException', message }
}
