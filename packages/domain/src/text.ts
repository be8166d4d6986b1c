import { z } from 'zod'

/** A string of `min` to `max` code points. */
export function text(min: number, max: number) {
  return z
    .string()
    .refine((value) => hasLength(value, min, max), {
      error: `Must have ${min} to ${max} characters`,
    })
    .meta({ minLength: min, maxLength: max })
}

/** Whether `value` has `min` to `max` code points; counts them only where UTF-16 length leaves it open. */
export function hasLength(value: string, min: number, max: number): boolean {
  if (value.length < min || value.length > 2 * max) return false
  if (value.length <= max && value.length >= 2 * min) return true
  const length = codePoints(value)
  return length >= min && length <= max
}

/** Number of Unicode code points; a lone surrogate counts as one. */
export function codePoints(value: string): number {
  let count = 0
  for (const _ of value) count += 1
  return count
}
