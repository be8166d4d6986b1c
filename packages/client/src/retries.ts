import type { Contract, OperationName } from '@roomlog/domain'
import { TRPCClientError, type TRPCLink } from '@trpc/client'
import { observable, type Unsubscribable } from '@trpc/server/observable'
import type { z } from 'zod'
import { isRoomlogError } from './error.ts'
import type { AppRouter } from './router.ts'

/** What an api says with each answer that may be asked again, whichever api of the deployment comes to answer. */
const KEYS_HEADER = 'roomlog-idempotency-key'
const RETRIES_MAX = 10
/** Doubles with each try. */
const FIRST_WAIT_MS = 100
const WAIT_MAX_MS = 2_000

/** Operations whose input has an `idempotencyKey`. */
type Keyed = {
  [N in OperationName]: 'idempotencyKey' extends keyof z.input<Contract[N]['input']> ? N : never
}[OperationName]
/** All of them, which the type sees to; each message of a `chat.sendMessages` has its own. */
const KEYED: Readonly<Record<Keyed, true>> = {
  'chat.sendMessage': true,
  'chat.sendEvent': true,
  'chat.deleteMessage': true,
  'chat.disconnectUser': true,
}
const MESSAGES = 'chat.sendMessages'

/** Whether the server honours keys, by its latest answer. */
export type KeysHonoured = {
  readonly now: boolean
  /** Takes notice of an answer. */
  hear(response: unknown): void
}

export function createKeysHonoured(): KeysHonoured {
  let now = false
  return {
    get now() {
      return now
    },
    hear(response) {
      const { status, said } = readingOf(response)
      // What stands in front of the apis answers in their place while they are away, and says nothing of them.
      if (said || status < 500) now = said
    },
  }
}

/** Reads an answer of whichever `fetch` the caller gave. */
function readingOf(response: unknown): { readonly status: number; readonly said: boolean } {
  if (!isObject(response) || !('headers' in response) || !('status' in response)) return NOTHING
  const { headers, status } = response
  const get = isObject(headers) && 'get' in headers ? headers.get : undefined
  const said = typeof get === 'function' && Reflect.apply(get, headers, [KEYS_HEADER]) === 'honoured'
  return { status: Number(status), said }
}

const NOTHING = { status: 0, said: false }

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/**
 * Gives what is said in a room a key, and asks again with the same one where the answer was lost or says that nobody knows:
 * but only if the server had said that it honours keys before it was asked first.
 */
export function retriesLink(retries: number, honoured: KeysHonoured): TRPCLink<AppRouter> {
  if (!Number.isInteger(retries) || retries < 0 || retries > RETRIES_MAX) {
    throw new RangeError(`retries must be 0 to ${RETRIES_MAX}, not ${retries}`)
  }
  return () =>
    ({ op: given, next }) => {
      const op = { ...given, input: withKeys(given.path, given.input) }
      // Anything else goes through as it is.
      if (retries === 0 || op.input === given.input) return next(given)
      return observable((observer) => {
        const triesMax = honoured.now ? 1 + retries : 1
        let current: Unsubscribable | undefined
        let endWait = () => {}
        const attempt = (tries: number) => {
          current = next(op).subscribe({
            next: (value) => observer.next(value),
            complete: () => observer.complete(),
            error: (error) => {
              if (tries >= triesMax || op.signal?.aborted || !mayBeAskedAgain(error)) return observer.error(error)
              const go = () => {
                endWait()
                if (op.signal?.aborted) observer.error(error)
                else attempt(tries + 1)
              }
              const timer = setTimeout(go, waitMs(tries))
              op.signal?.addEventListener('abort', go)
              endWait = () => {
                clearTimeout(timer)
                op.signal?.removeEventListener('abort', go)
              }
            },
          })
        }
        attempt(1)
        return () => {
          endWait()
          current?.unsubscribe()
        }
      })
    }
}

/** The input with a key where it may have one and has none; the very same if it may not. */
function withKeys(path: string, input: unknown): unknown {
  if (Object.hasOwn(KEYED, path)) return withKey(input)
  if (path !== MESSAGES || !isObject(input) || !('messages' in input)) return input
  return Array.isArray(input.messages) ? { ...input, messages: input.messages.map(withKey) } : input
}

function withKey(input: unknown): unknown {
  if (!isObject(input) || Array.isArray(input)) return input
  const key = 'idempotencyKey' in input ? input.idempotencyKey : undefined
  return { ...input, idempotencyKey: key ?? crypto.randomUUID() }
}

/** Whether it may have been recorded and nobody has said so, or surely was not and may be next time. */
function mayBeAskedAgain(error: unknown): boolean {
  if (isRoomlogError(error)) {
    const { name } = error.data.ivs
    return name === 'InternalServerException' || name === 'ServiceUnavailable'
  }
  return error instanceof TRPCClientError
}

/** Spread, so that those who lost their answers together do not come back together. */
function waitMs(tries: number): number {
  const [chance = 0] = crypto.getRandomValues(new Uint8Array(1))
  return Math.min(WAIT_MAX_MS, FIRST_WAIT_MS * 2 ** (tries - 1)) * (0.5 + chance / 512)
}
