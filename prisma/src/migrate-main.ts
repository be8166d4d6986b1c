import { z } from 'zod'
import { isDatabaseUrl } from './connection-url.ts'
import { MigrationError, migrate } from './migrate.ts'

const USAGE = `roomlog-migrate: applies Roomlog's migrations to the schema "roomlog"

  DATABASE_URL=postgresql://user:password@host:5432/database roomlog-migrate

The role must be allowed to create the schema and its tables. The URL must lead to Postgres itself or to a pool in
session mode; a pooler in transaction mode is refused. Exit codes: 0 done, 1 failed, 2 wrong usage.
`

const Env = z.object({ DATABASE_URL: z.string().refine(isDatabaseUrl) })

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(USAGE)
    return 0
  }
  const env = Env.safeParse(process.env)
  if (args.length > 0 || !env.success) {
    console.error(args.length > 0 ? `unknown argument ${args[0]}\n` : 'DATABASE_URL must be a postgresql:// URL\n')
    console.error(USAGE)
    return 2
  }
  try {
    const applied = await migrate({ url: env.data.DATABASE_URL, log: (line) => console.log(line) })
    if (applied.length === 0) console.log('nothing to apply')
    return 0
  } catch (error) {
    console.error(error instanceof MigrationError ? error.message : error)
    return 1
  }
}
