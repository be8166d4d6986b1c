import { setTimeout as sleep } from 'node:timers/promises'
import { isRoomlogError } from '@roomlog/client'
import pLimit from 'p-limit'

/** A little more than the api works on at once; what waits here takes no place in its queue. */
const AT_ONCE = 20
const ATTEMPTS_MAX = 40
const RETRY_AFTER_MS = 250

export type CreateRoomsOptions<Room> = {
  readonly create: (name: string) => Promise<Room>
  readonly signal: AbortSignal
  /** @default a sleep that the signal ends */
  readonly pause?: ((ms: number) => Promise<unknown>) | undefined
}

/**
 * Creates rooms a few at once, however many are asked for, and again where the api says that it cannot now. One whose
 * first creation was carried out after all leaves a room that nobody uses.
 */
export function createRooms<Room>(options: CreateRoomsOptions<Room>): (name: string) => Promise<Room> {
  const { create, signal, pause = (ms) => sleep(ms, undefined, { signal }) } = options
  const limit = pLimit(AT_ONCE)
  return (name) =>
    limit(async () => {
      for (let attempt = 1; ; attempt += 1) {
        signal.throwIfAborted()
        try {
          return await create(name)
        } catch (error) {
          if (attempt === ATTEMPTS_MAX || !mayPass(error)) throw error
          await pause(RETRY_AFTER_MS)
        }
      }
    })
}

function mayPass(error: unknown): boolean {
  if (!isRoomlogError(error)) return false
  const { name } = error.data.ivs
  return name === 'ThrottlingException' || name === 'ServiceUnavailable'
}
