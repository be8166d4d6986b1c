import { isDatabaseUrl } from '@roomlog/db/pool'
import { unknownVariables } from '@roomlog/domain'
import { z } from 'zod'

const seconds = (fallback: number, min: number, max: number) => z.coerce.number().min(min).max(max).default(fallback)
const whole = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback)

const Env = z.object({
  DATABASE_URL: z.string().refine(isDatabaseUrl, 'must be a postgresql:// URL'),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: whole(3001, 0, 65_535),
  AWS_REGION: z.string().regex(/^[a-z0-9-]+$/),
  // The SDK reads these by itself; here a slip in them is said at the start.
  AWS_ENDPOINT_URL: z.url().optional(),
  AWS_ENDPOINT_URL_S3: z.url().optional(),
  ROOMLOG_MIGRATE: z.enum(['on', 'off']).default('on'),
  ROOMLOG_CLOCK: z.enum(['agreed', 'database']).default('agreed'),
  ROOMLOG_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  ROOMLOG_SHUTDOWN_SECONDS: seconds(20, 1, 300),
  ROOMLOG_JOURNAL_PARTITIONS: whole(16, 1, 1024),
  ROOMLOG_S3_FLUSH_SECONDS: seconds(60, 1, 300),
  ROOMLOG_S3_OBJECT_MB: whole(16, 1, 512),
  ROOMLOG_S3_GZIP_LEVEL: whole(5, 1, 9),
  ROOMLOG_S3_CHECKSUM: z.enum(['md5', 'crc32', 'none']).default('md5'),
  ROOMLOG_S3_ACL: z.enum(['bucket-owner-full-control', 'none']).default('bucket-owner-full-control'),
  ROOMLOG_FIREHOSE_PACK_KB: whole(0, 0, 1_000),
  ROOMLOG_LINGER_MS: whole(500, 10, 1_000),
  ROOMLOG_BUFFER_MB: whole(80, 32, 65_536),
  ROOMLOG_LEASE_SECONDS: seconds(10, 2, 120),
  ROOMLOG_REQUEST_TIMEOUT_SECONDS: seconds(5, 0.5, 60),
  ROOMLOG_S3_REQUEST_TIMEOUT_SECONDS: seconds(30, 1, 300),
  ROOMLOG_READ_BACK_SETTLE_SECONDS: seconds(10, 0, 300),
  ROOMLOG_RETENTION_DAYS: z.coerce.number().min(1).max(365).default(7),
  ROOMLOG_RETENTION_GB: z.coerce.number().min(1).max(100_000).default(100),
  ROOMLOG_POLL_MS: whole(100, 5, 1_000),
  ROOMLOG_DATABASE_CONNECTIONS_MAX: whole(8, 2, 100),
})

export type WriterEnv = z.infer<typeof Env>

/** The writer's configuration, or every variable that is wrong, one a line. */
export function parseEnv(
  env: Readonly<Record<string, string | undefined>>,
):
  | { readonly ok: true; readonly env: WriterEnv; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly message: string } {
  // An empty variable is what a deployment file leaves when it means none.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = Env.safeParse(given)
  const wrong = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${wordsFor(issue, given)}`)
  if (parsed.success && parsed.data.ROOMLOG_REQUEST_TIMEOUT_SECONDS >= parsed.data.ROOMLOG_LEASE_SECONDS - 1) {
    wrong.push('  ROOMLOG_REQUEST_TIMEOUT_SECONDS: must be more than 1 s below ROOMLOG_LEASE_SECONDS')
  }
  const warnings = unknownVariables(Object.keys(given))
  if (parsed.success && wrong.length === 0) return { ok: true, env: parsed.data, warnings }
  return {
    ok: false,
    message: `Wrong or missing variables (docs/configuration.md lists them all):\n${[...wrong, ...warnings.map((warning) => `  ${warning}`)].join('\n')}`,
  }
}

function wordsFor(issue: z.core.$ZodIssue, given: Readonly<Record<string, unknown>>): string {
  return String(issue.path[0]) in given ? issue.message : 'is missing'
}
