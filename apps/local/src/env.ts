import { isDatabaseUrl } from '@roomlog/db/pool'
import { z } from 'zod'
import { Failure } from './failure.ts'

const port = (fallback: number) => z.coerce.number().int().min(1).max(65535).default(fallback)

const Environment = z.object({
  ROOMLOG_API_PORT: port(3000),
  ROOMLOG_WRITER_PORT: port(3001),
  ROOMLOG_AWS_PORT: port(4566),
  ROOMLOG_POSTGRES_PORT: port(5433),
  ROOMLOG_DATABASE_URL: z.string().refine(isDatabaseUrl, 'must be a postgresql:// URL').optional(),
  ROOMLOG_FOLDER: z.string().optional(),
  ROOMLOG_ACCOUNT_ID: z
    .string()
    .regex(/^[0-9]{12}$/, 'must be 12 digits')
    .optional(),
})

/** What `apps/local` itself reads; an empty variable counts as unset. */
export type LocalEnvironment = z.infer<typeof Environment>

/** Reads the variables once and names every wrong one. */
export function readEnvironment(env: NodeJS.ProcessEnv): LocalEnvironment {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = Environment.safeParse(given)
  if (parsed.success) return parsed.data
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
  throw new Failure(`Wrong environment variables:\n${lines.join('\n')}`, 2)
}
