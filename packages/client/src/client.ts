import { createTRPCClient, getFetch, httpBatchLink, httpLink, splitLink, type TRPCClient } from '@trpc/client'
import { createKeysHonoured, retriesLink } from './retries.ts'
import type { AppRouter } from './router.ts'

/** Calls in one HTTP request; the api takes no more. */
const BATCH_CALLS_MAX = 50
/** The api answers each call within a second or two, or says that it cannot. */
const TIMEOUT_MS = 60_000
/** Queries carry their input in the URL; Node's servers take 16 KiB of headers in all. */
const URL_LENGTH_MAX = 8_000

type Fetch = ReturnType<typeof getFetch>

export type AccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string }

export type RoomlogClientOptions = {
  /** Of the api, without `/trpc`: `http://127.0.0.1:3000`. */
  readonly url: string | URL
  readonly accessKey: AccessKey
  /** Of one HTTP request. @default 60_000 */
  readonly timeoutMs?: number | undefined
  /**
   * How often (at most 10) what is said in a room is asked for again where its answer was lost, or says that nobody knows or
   * that the service is not available: each under an `idempotencyKey` that the client makes, so that it is recorded once. Only
   * where the server has said before, with the answer to any earlier call of this client, that it honours keys.
   * @default 0
   */
  readonly retries?: number | undefined
  /** @default the global fetch */
  readonly fetch?: Fetch | undefined
}

export type RoomlogClient = TRPCClient<AppRouter>

/**
 * A typed client of a Roomlog api. Calls made in the same tick share an HTTP request, at most 50 of them;
 * `chat.sendMessages`, which is a batch already, has one to itself.
 *
 * @example
 * const roomlog = createRoomlogClient({ url: 'http://127.0.0.1:3000', accessKey })
 * const { id } = await roomlog.chat.sendMessage.mutate({ roomIdentifier, sender: { userId: 'ann' }, content: 'Hello' })
 */
export function createRoomlogClient(options: RoomlogClientOptions): RoomlogClient {
  const { accessKey, timeoutMs = TIMEOUT_MS } = options
  const fetchIt = getFetch(options.fetch)
  const honoured = createKeysHonoured()
  const fetchInTime: Fetch = async (url, init) => {
    const response = await fetchIt(url, { ...init, signal: withTimeout(init?.signal, timeoutMs) })
    honoured.hear(response)
    return response
  }
  const link = {
    url: new URL('trpc', withSlash(options.url)).href,
    headers: { authorization: `Bearer ${accessKey.accessKeyId}.${accessKey.secretAccessKey}` },
    fetch: fetchInTime,
  }
  return createTRPCClient<AppRouter>({
    links: [
      retriesLink(options.retries ?? 0, honoured),
      splitLink({
        condition: ({ path }) => path === 'chat.sendMessages',
        true: httpLink(link),
        false: httpBatchLink({ ...link, maxItems: BATCH_CALLS_MAX, maxURLLength: URL_LENGTH_MAX }),
      }),
    ],
  })
}

function withSlash(url: string | URL): string {
  const text = String(url)
  return text.endsWith('/') ? text : `${text}/`
}

function withTimeout(signal: AbortSignal | null | undefined, timeoutMs: number): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs)
  return signal ? AbortSignal.any([signal, timeout]) : timeout
}
