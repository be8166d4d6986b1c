import type { RoomlogError } from './error.ts'

/** What an operation comes to: its value, or the error to tell the caller. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: RoomlogError }

export function ok<T>(value: T): Result<T> {
  return { ok: true, value }
}

export function fail(error: RoomlogError): { readonly ok: false; readonly error: RoomlogError } {
  return { ok: false, error }
}
