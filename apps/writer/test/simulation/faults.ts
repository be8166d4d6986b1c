import type { Failure } from '@roomlog/sinks'

/** What a destination may do with a call instead of taking it. */
export const FAULTS = [
  'throttled',
  'refused',
  'missing',
  'invalid',
  'novel',
  'partial',
  'lost-before',
  'lost-after',
  'late',
  'hang',
] as const
export type Fault = (typeof FAULTS)[number]

const failure = (failureClass: Failure['class'], name: string, metric: Failure['metric'] = 'LogDestinationErrors') =>
  ({ class: failureClass, name, message: name, metric }) satisfies Failure
export const TIMED_OUT = failure('network', 'TimeoutError')
export const LOST = failure('network', 'ECONNRESET')
export const THROTTLED = failure('throttled', 'SlowDown')
export const INVALID = failure('invalid', 'InvalidParameter')
export const NOVEL = failure('invalid', 'SubscriptionRequired')
export const DENIED = failure('access', 'AccessDenied', 'LogDestinationAccessDeniedError')
export const MISSING = failure('missing', 'NotFound', 'LogDestinationResourceNotFoundErrors')
