import { z } from 'zod'

/**
 * Text that goes into a column of the database, or is compared with one. Postgres takes neither NUL nor half a surrogate
 * pair, and answers with an error that is nobody's fault but the caller's: so every such text is checked by this schema
 * first, whatever else is asked of it. What is said in a room goes to the journal as bytes and is not stored as text.
 */
export const StoredText = z.string().refine(isStorable, { error: 'Must be well-formed text without NUL' })

/** Whether it can be stored; for what is no input of its own. */
export function isStorable(value: string): boolean {
  return !value.includes('\0') && value.isWellFormed()
}

/** What somebody else said (a destination's error, say), with U+FFFD for what cannot be stored. */
export function storable(value: string): string {
  return value.toWellFormed().replaceAll('\0', '\ufffd')
}

/** A string of `min` to `max` code points, for what is not stored as text. */
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
