import type { z } from 'zod'
import type { RoomlogError } from './error.ts'
import type { AccessKeyScope } from './scope.ts'

/** How often an account may ask for an operation; `name` ends the variable `ROOMLOG_RATE_<name>` that changes it. */
export type OperationRate = {
  readonly name: string
  readonly perSecond: number
  /** What takes one out of the rate: a call, or each message of it, together with its room's own rate. */
  readonly counts: 'calls' | 'messages'
}

/** All that is to be said of an operation; doors, rates, variables, the client and docs/api.md follow from it. */
export type OperationEntry = {
  /** A query changes nothing and may be asked again; a mutation changes something. */
  readonly kind: 'query' | 'mutation'
  /** A key needs one of these. `admin` has all of them but `operator`. */
  readonly scopes: readonly AccessKeyScope[]
  readonly rate: OperationRate
  readonly input: z.ZodType
  readonly output: z.ZodType
  /** Besides those that any call may be refused with (`COMMON_ERRORS`). */
  readonly errors: readonly RoomlogError['name'][]
  /** Its name at Amazon IVS Chat, where it has one. */
  readonly ivsName?: string
  /** What it does, for whoever calls it. */
  readonly description: string
  readonly example: { readonly input: unknown; readonly output: unknown }
}

/** What any call may be refused with, whatever it asks for. */
export const COMMON_ERRORS = [
  'ValidationException',
  'UnrecognizedClientException',
  'AccessDeniedException',
  'ThrottlingException',
  'RequestEntityTooLargeException',
  'ServiceUnavailable',
  'InternalServerException',
] as const satisfies readonly RoomlogError['name'][]

/** Keeps the entry's literal types, from which the client's are made. */
export function operation<const E extends OperationEntry>(entry: E): E {
  return entry
}
