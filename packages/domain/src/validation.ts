import { type RoomlogError, validationException } from './error.ts'

/** Fields named in one error; an input can be wrong in thousands of places. */
const FIELDS_MAX = 20

type Issue = { readonly path: readonly PropertyKey[]; readonly message: string }

/** The error that a failed schema is told with. Its messages hold no value of the input. */
export function validationError(zodError: { readonly issues: readonly Issue[] }): RoomlogError {
  const fieldList = zodError.issues.slice(0, FIELDS_MAX).map(({ path, message }) => ({
    name: path.map(String).join('.'),
    message,
  }))
  const first = fieldList[0]
  const message = first?.name
    ? `Request member: ${first.name} failed to satisfy the constraints: ${first.message}`
    : `The request failed to satisfy the constraints: ${first?.message ?? 'invalid input'}`
  return validationException(message, { reason: 'FIELD_VALIDATION_FAILED', fieldList })
}
