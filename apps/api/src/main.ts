import { randomBytes, randomUUID } from 'node:crypto'
import { uptime } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertMigrated, MigrationError, migrate } from '@roomlog/db/migrate'
import { DroppedFormatError } from '@roomlog/journal/postgres'
import { pino } from 'pino'
import { RootKeyTakenError } from './access/root-key.ts'
import { type Ambient, type Api, createApi } from './api.ts'
import { isDatabaseAway } from './database/availability.ts'
import { createDestinationCheck } from './destinations/check.ts'
import { type Env, readEnv } from './env.ts'

const ambient: Ambient = {
  monotonicNs: () => process.hrtime.bigint(),
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  uptimeMs: () => uptime() * 1_000,
  randomBytes,
  randomUUID,
  sleep: (ms) => sleep(ms),
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
const leave = () => process.exit(0)

const HELP = `roomlog-api: takes messages and events for rooms, and writes them to the journal.

Configured by environment variables alone; docs/configuration.md lists them all.
DATABASE_URL, AWS_REGION, ROOMLOG_ACCOUNT_ID and ROOMLOG_ENCRYPTION_KEY are required;
ROOMLOG_ROOT_ACCESS_KEY_ID with ROOMLOG_ROOT_SECRET_ACCESS_KEY makes a first access key.
PORT (3000) serves /trpc, /healthz and /readyz.
SIGTERM or SIGINT ends it: requests in flight are finished first.
`

if (process.argv.includes('--help')) {
  process.stdout.write(HELP)
} else {
  const read = readEnv(process.env)
  if (read.ok) await run(read.env, read.warnings)
  else stop(2, read.message)
}

async function run(env: Env, warnings: readonly string[]): Promise<void> {
  // For what comes before there is a server, which has a log of its own; in its form.
  const log = pino({ level: env.logLevel, base: null })
  for (const warning of warnings) log.warn({ event: 'api.unknownVariable' }, warning)
  const destinations = createDestinationCheck({ region: env.region, timeoutMs: env.checkTimeoutMs })
  try {
    // Until there is something to drain, a signal just ends the process.
    for (const signal of SIGNALS) process.once(signal, leave)
    await (env.migrate ? migrate : assertMigrated)({
      url: env.databaseUrl,
      log: (line) => log.info({ event: 'api.migrating' }, line),
      warn: (line) => log.warn({ event: 'api.migrating' }, line),
    })
    const api = await createApi({ ...env, checkDestination: destinations.check, ambient })
    for (const signal of SIGNALS) process.off(signal, leave)
    closeOnSignal(api, env.shutdownMs, destinations.close)
    api.server.log.info({ event: 'api.ready', url: api.url }, 'The api is ready.')
  } catch (error) {
    stop(1, explain(error, env))
  }
}

/** The first signal drains; a second one, or the deadline, ends at once. */
function closeOnSignal(api: Api, shutdownMs: number, closeClients: () => void): void {
  let closing = false
  const close = async (signal: string) => {
    if (closing) process.exit(1)
    closing = true
    const { log } = api.server
    log.info({ event: 'api.closing', signal }, 'The api takes no more requests.')
    const deadline = setTimeout(() => {
      log.error({ event: 'api.closedLate' }, 'Requests were still in flight at ROOMLOG_SHUTDOWN_SECONDS.')
      process.exit(1)
    }, shutdownMs)
    await api.close()
    closeClients()
    clearTimeout(deadline)
    log.info({ event: 'api.closed' }, 'The api is closed.')
    process.exit(0)
  }
  for (const signal of SIGNALS) process.on(signal, () => void close(signal))
}

/** What went wrong at the start and what to do about it; a stack only where we do not know. */
function explain(error: unknown, env: Env): string {
  if (error instanceof MigrationError && error.code === 'unreachable') return `DATABASE_URL: ${error.message}`
  if (error instanceof MigrationError || error instanceof RootKeyTakenError || error instanceof DroppedFormatError)
    return error.message
  if (error instanceof Error && 'code' in error) {
    const place = `${env.host}:${env.port}`
    if (error.code === 'EADDRINUSE') return `PORT: ${place} is taken by another process; set PORT to a free one`
    if (error.code === 'EACCES') return `PORT: this user may not listen on ${place}`
    if (error.code === 'EADDRNOTAVAIL') return `HOST: this machine has no address ${env.host}`
  }
  if (isDatabaseAway(error)) {
    return `DATABASE_URL: the database cannot be used: ${error instanceof Error ? error.message || error.name : error}`
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function stop(code: number, message: string): void {
  process.stderr.write(`${message}\n`)
  process.exit(code)
}
