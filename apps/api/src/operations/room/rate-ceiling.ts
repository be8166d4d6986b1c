import { fail, ok, type Result, validationException } from '@roomlog/domain'

/** Refuses a room's rate above what the deployment allows. */
export function withinRateCeiling(rate: number | undefined, roomRateMax: number): Result<undefined> {
  if (rate === undefined || rate <= roomRateMax) return ok(undefined)
  const name = 'maximumMessageRatePerSecond'
  const message = `Must be at most ${roomRateMax}`
  return fail(
    validationException(`Request member: ${name} failed to satisfy the constraints: ${message}`, {
      reason: 'FIELD_VALIDATION_FAILED',
      fieldList: [{ name, message }],
    }),
  )
}
