import { createSecretBox, isDatabaseUrl } from '@roomlog/db'
import { AccessKeyId, AccountId, RATE_NAMES, unknownVariables } from '@roomlog/domain'
import { z } from 'zod'
import { CEILINGS_DEFAULT, type Rates } from './limits/rates.ts'

const RATE_PREFIX = 'ROOMLOG_RATE_'

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max)
const rate = whole(1, 1_000_000)
const rates = Object.fromEntries(RATE_NAMES.map((name) => [`${RATE_PREFIX}${name}`, rate.optional()]))

const Env = z
  .object({
    DATABASE_URL: z.string().refine(isDatabaseUrl, 'must be a postgresql:// URL'),
    HOST: z.string().min(1).default('127.0.0.1'),
    PORT: whole(0, 65_535).default(3000),
    AWS_REGION: z.string().regex(/^[a-z0-9-]+$/, 'must be a region, as us-east-1'),
    ROOMLOG_ACCOUNT_ID: AccountId,
    ROOMLOG_ENCRYPTION_KEY: z.string().superRefine((keys, context) => {
      try {
        createSecretBox(keys)
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is not a key' })
      }
    }),
    ROOMLOG_ROOT_ACCESS_KEY_ID: AccessKeyId.optional(),
    ROOMLOG_ROOT_SECRET_ACCESS_KEY: z
      .string()
      .regex(/^\S{16,512}$/, 'must have 16 to 512 characters, no spaces')
      .optional(),
    ROOMLOG_MIGRATE: z.enum(['on', 'off']).default('on'),
    ROOMLOG_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    ROOMLOG_CLOCK: z.enum(['agreed', 'database']).default('agreed'),
    ROOMLOG_SHUTDOWN_SECONDS: whole(1, 600).default(10),
    ROOMLOG_DATABASE_CONNECTIONS_MAX: whole(2, 500).default(20),
    ROOMLOG_JOURNAL_PARTITIONS: whole(1, 1024).default(16),
    ROOMLOG_REQUESTS_MAX: whole(1, 100_000).default(1_000),
    ROOMLOG_CHECK_SECONDS: whole(1, 60).default(5),
    ROOMLOG_ROOM_RATE_MAX: rate.default(CEILINGS_DEFAULT.roomRateMax),
    ROOMLOG_ROOMS_MAX: whole(1, 10_000_000).default(CEILINGS_DEFAULT.roomsMax),
    ROOMLOG_LOGGING_CONFIGURATIONS_MAX: whole(1, 100_000).default(CEILINGS_DEFAULT.loggingConfigurationsMax),
    ...rates,
  })
  .superRefine((env, context) => {
    const missing =
      env.ROOMLOG_ROOT_ACCESS_KEY_ID === undefined ? 'ROOMLOG_ROOT_ACCESS_KEY_ID' : 'ROOMLOG_ROOT_SECRET_ACCESS_KEY'
    if ((env.ROOMLOG_ROOT_ACCESS_KEY_ID === undefined) === (env.ROOMLOG_ROOT_SECRET_ACCESS_KEY === undefined)) return
    context.addIssue({
      code: 'custom',
      path: [missing],
      message: 'is missing: the root key needs its id and its secret',
    })
  })

export type Env = ReturnType<typeof envOf>
export type EnvResult =
  | { readonly ok: true; readonly env: Env; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly message: string }

/** All that the api is told by its environment; one message names every variable that is wrong. */
export function readEnv(variables: Readonly<Record<string, string | undefined>>): EnvResult {
  // An empty variable is how many tools say that there is none.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = Env.safeParse(given)
  const faults = parsed.success
    ? []
    : parsed.error.issues.map((issue) => {
        const name = issue.path.map(String).join('.')
        return `${name}: ${given[name] === undefined && issue.code !== 'custom' ? 'is missing' : issue.message}`
      })
  const isNoRate = (name: string) => name.startsWith(RATE_PREFIX) && !(name in rates)
  for (const name of Object.keys(given)) {
    if (isNoRate(name)) faults.push(`${name}: there is no such rate`)
  }
  const warnings = unknownVariables(Object.keys(given).filter((name) => !isNoRate(name)))
  if (parsed.success && faults.length === 0) return { ok: true, env: envOf(parsed.data, given), warnings }
  const lines = [...faults, ...warnings].map((line) => `  ${line}`)
  return { ok: false, message: `Wrong environment variables:\n${lines.join('\n')}` }
}

function envOf(env: z.output<typeof Env>, given: Readonly<Record<string, string | undefined>>) {
  const { ROOMLOG_ROOT_ACCESS_KEY_ID: accessKeyId, ROOMLOG_ROOT_SECRET_ACCESS_KEY: secretAccessKey } = env
  return {
    databaseUrl: env.DATABASE_URL,
    databaseConnectionsMax: env.ROOMLOG_DATABASE_CONNECTIONS_MAX,
    host: env.HOST,
    port: env.PORT,
    region: env.AWS_REGION,
    accountId: env.ROOMLOG_ACCOUNT_ID,
    encryptionKeys: env.ROOMLOG_ENCRYPTION_KEY,
    rootKey: accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey },
    migrate: env.ROOMLOG_MIGRATE === 'on',
    logLevel: env.ROOMLOG_LOG_LEVEL,
    trustDatabaseClock: env.ROOMLOG_CLOCK === 'database',
    shutdownMs: env.ROOMLOG_SHUTDOWN_SECONDS * 1000,
    partitionsIfNew: env.ROOMLOG_JOURNAL_PARTITIONS,
    checkTimeoutMs: env.ROOMLOG_CHECK_SECONDS * 1000,
    rates: ratesOf(given),
    ceilings: {
      roomRateMax: env.ROOMLOG_ROOM_RATE_MAX,
      roomsMax: env.ROOMLOG_ROOMS_MAX,
      loggingConfigurationsMax: env.ROOMLOG_LOGGING_CONFIGURATIONS_MAX,
    },
    limits: { requestsInFlightMax: env.ROOMLOG_REQUESTS_MAX },
  }
}

/** Only those that were set; they have passed the schema. */
function ratesOf(given: Readonly<Record<string, string | undefined>>): Rates {
  const set: Record<string, number> = {}
  for (const name of RATE_NAMES) {
    const value = given[`${RATE_PREFIX}${name}`]
    if (value !== undefined) set[name] = Number(value)
  }
  return set
}
