import type { RoomlogError } from '@roomlog/domain'
import { TRPCClientError } from '@trpc/client'
import type { AppRouter } from './router.ts'

/** What a call of the client throws; `data.ivs` says why the api refused. */
export type RoomlogClientError = TRPCClientError<AppRouter> & { readonly data: { readonly ivs: RoomlogError } }

/**
 * Whether the api refused the call, as opposed to a network that failed or a bug. Narrow further by `error.data.ivs.name`.
 *
 * @example
 * if (isRoomlogError(error) && error.data.ivs.name === 'ThrottlingException') await retryLater()
 */
export function isRoomlogError(error: unknown): error is RoomlogClientError {
  if (!(error instanceof TRPCClientError)) return false
  const data: unknown = error.data
  if (typeof data !== 'object' || data === null || !('ivs' in data)) return false
  const { ivs } = data
  return typeof ivs === 'object' && ivs !== null && 'name' in ivs && 'message' in ivs
}
