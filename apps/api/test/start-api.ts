import { randomBytes, randomUUID } from 'node:crypto'
import { uptime } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrate } from '@roomlog/db/migrate'
import { AccountId, RATE_NAMES, type RoomlogError } from '@roomlog/domain'
import { testPostgres } from '@roomlog/embedded-postgres'
import { type Api, type ApiOptions, createApi } from '../src/api.ts'

export const REGION = 'us-west-2'
export const ACCOUNT = AccountId.parse('111111111111')
export const OTHER_ACCOUNT = AccountId.parse('222222222222')
export const ENCRYPTION_KEY = randomBytes(32).toString('base64')

export const ambient = {
  monotonicNs: () => process.hrtime.bigint(),
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  uptimeMs: () => uptime() * 1_000,
  randomBytes,
  randomUUID,
  sleep: (ms: number) => sleep(ms),
}

const postgres = testPostgres({ prepare: (url) => migrate({ url }) })

export const createTestDatabase = async () => (await postgres).createDatabase()

/** Destinations whose name has `missing` in it are not there. */
const checkDestination: ApiOptions['checkDestination'] = async ({ target }) => {
  if (!target.includes('missing')) return { status: 'ok' }
  const message = `${target} does not exist; create it`
  const metric = 'LogDestinationResourceNotFoundErrors'
  return { status: 'failed', failure: { class: 'missing', name: 'NotFound', message, metric } }
}

/** Rates that no test runs into by accident. */
export const PLENTY = Object.fromEntries(RATE_NAMES.map((name) => [name, 100_000]))

export type Answer = {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose types are the very thing under test
  readonly data: any
  readonly ivs: (RoomlogError & Readonly<Record<string, unknown>>) | undefined
  readonly code: string | undefined
}

export type TestApi = Api & {
  readonly bearer: string
  /** One procedure over plain HTTP. */
  call(procedure: string, input?: unknown, bearer?: string): Promise<Answer>
}

/** A real api on a free port, with the root key of its account. */
export async function startApi(databaseUrl: string, options: Partial<ApiOptions> = {}): Promise<TestApi> {
  const accountId = options.accountId ?? ACCOUNT
  const rootKey = options.rootKey ?? { accessKeyId: `ROOT${accountId}`, secretAccessKey: `secret-of-${accountId}` }
  const bearer = `${rootKey.accessKeyId}.${rootKey.secretAccessKey}`
  const api = await createApi({
    databaseUrl,
    region: REGION,
    accountId,
    rootKey,
    encryptionKeys: ENCRYPTION_KEY,
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
    partitionsIfNew: 4,
    rates: PLENTY,
    checkDestination,
    ambient,
    ...options,
  })
  return { ...api, bearer, call: (procedure, input, as = bearer) => call(api.url, procedure, input, as) }
}

const QUERIES = /\.(get|list|status|deadLetters)$/

async function call(url: string, procedure: string, input: unknown, bearer: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${bearer}` }
  const response = QUERIES.test(procedure)
    ? await fetch(
        `${url}/trpc/${procedure}${input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`}`,
        { headers },
      )
    : await fetch(`${url}/trpc/${procedure}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        ...(input === undefined ? {} : { body: JSON.stringify(input) }),
      })
  return answerOf(response)
}

export async function answerOf(response: Response): Promise<Answer> {
  const body: unknown = await response.json()
  const { result, error } = Object(body)
  return { status: response.status, data: result?.data, ivs: error?.data?.ivs, code: error?.data?.code }
}
