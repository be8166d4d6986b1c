#!/usr/bin/env node
import { uptime } from 'node:os'
import { MigrationError } from '@roomlog/db/migrate'
import { DroppedFormatError } from '@roomlog/journal/postgres'
import { type Logger, pino } from 'pino'
import { parseEnv, type WriterEnv } from './env.ts'
import { type RunningWriter, startWriter } from './start.ts'
import { systemClock } from './system-clock.ts'

const HELP = `roomlog-writer: delivers the journal to S3, CloudWatch Logs and Data Firehose.

Configured by environment variables alone; docs/configuration.md lists them all.
DATABASE_URL and AWS_REGION are required; PORT (3001) serves /healthz and /readyz.
SIGTERM or SIGINT ends it: what is in flight is finished, the rest is left to the next writer.
`

const uptimeMs = () => uptime() * 1_000

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
/** What stopping may take beyond its deadline: giving leases back, closing connections. */
const STOP_GRACE_MS = 2_000

if (process.argv.includes('--help')) {
  process.stdout.write(HELP)
} else {
  const parsed = parseEnv(process.env)
  if (parsed.ok) await main(parsed.env, parsed.warnings)
  else quit(2, parsed.message)
}

async function main(env: WriterEnv, warnings: readonly string[]): Promise<void> {
  const log = pino({ level: env.ROOMLOG_LOG_LEVEL, base: { app: 'writer' } })
  for (const warning of warnings) log.warn({ event: 'writer.unknownVariable' }, warning)
  const leave = () => process.exit(0)
  // Until there is something to finish, a signal just ends the process.
  for (const signal of SIGNALS) process.once(signal, leave)
  try {
    const writer = await startWriter(env, { clock: systemClock, uptimeMs, random: Math.random, log })
    for (const signal of SIGNALS) process.off(signal, leave)
    stopOnSignal(writer, env, log)
    log.info({ event: 'writer.ready', url: writer.url }, 'Writer ready.')
    writer.failed.catch((err: unknown) => fail(err, log))
  } catch (error) {
    quit(1, wordsFor(error, env))
  }
}

function stopOnSignal(writer: RunningWriter, env: WriterEnv, log: Logger): void {
  let stopping = false
  const stop = (signal: string) => {
    if (stopping) process.exit(1)
    stopping = true
    log.info({ event: 'writer.stopping', signal }, 'Stopping; a second signal ends it at once.')
    const late = () => {
      log.error({ event: 'writer.stoppedLate' }, 'Leases could not be given back in time; they will expire.')
      process.exit(1)
    }
    setTimeout(late, env.ROOMLOG_SHUTDOWN_SECONDS * 1_000 + STOP_GRACE_MS)
    writer.stop().then(
      () => {
        log.info({ event: 'writer.stopped' }, 'Writer stopped.')
        process.exit(0)
      },
      (err: unknown) => fail(err, log),
    )
  }
  for (const signal of SIGNALS) process.on(signal, stop)
}

function fail(err: unknown, log: Logger): void {
  log.error({ event: 'writer.failed', err }, err instanceof Error ? err.message : 'The writer failed.')
  process.exit(1)
}

/** What went wrong at the start and what to do about it; a stack only where we do not know. */
function wordsFor(error: unknown, { HOST, PORT }: WriterEnv): string {
  if (error instanceof DroppedFormatError) return error.message
  if (error instanceof MigrationError) {
    return error.code === 'unreachable' ? `DATABASE_URL: ${error.message}` : error.message
  }
  if (error instanceof Error && 'code' in error) {
    const place = `${HOST}:${PORT}`
    if (error.code === 'EADDRINUSE') return `PORT: ${place} is taken by another process; set PORT to a free one`
    if (error.code === 'EACCES') return `PORT: this user may not listen on ${place}`
    if (error.code === 'EADDRNOTAVAIL') return `HOST: this machine has no address ${HOST}`
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function quit(code: number, message: string): void {
  process.stderr.write(`roomlog-writer: ${message}\n`)
  process.exit(code)
}
