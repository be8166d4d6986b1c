#!/usr/bin/env node
import { setTimeout as wait } from 'node:timers/promises'
import { pino } from 'pino'
import type { Clock } from './clock.ts'
import { parseEnv } from './env.ts'
import { startWriter } from './start.ts'

const TIMEOUT_MAX_MS = 2 ** 31 - 1

const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    wait(Math.min(ms, TIMEOUT_MAX_MS), undefined, signal && { signal }).catch((error: unknown) => {
      if (!signal?.aborted) throw error
    }),
}

const HELP = `roomlog-writer: delivers the journal to S3, CloudWatch Logs and Data Firehose.

Configured by environment variables alone; docs/configuration.md lists them all.
DATABASE_URL and AWS_REGION are required; PORT (3001) serves /healthz and /readyz.
SIGTERM or SIGINT ends it: what is in flight is finished, the rest is left to the next writer.
`

const parsed = parseEnv(process.env)
if (process.argv.includes('--help')) {
  process.stdout.write(HELP)
} else if (!parsed.ok) {
  process.stderr.write(`roomlog-writer: ${parsed.message}\n`)
  process.exitCode = 2
} else {
  await main(parsed.env)
}

async function main(env: Extract<typeof parsed, { ok: true }>['env']): Promise<void> {
  const log = pino({ level: env.ROOMLOG_LOG_LEVEL, base: { app: 'writer' } })
  try {
    const writer = await startWriter(env, { clock: systemClock, random: Math.random, log })
    log.info({ event: 'writer.ready', url: writer.url }, 'Writer ready.')
    let stopping: Promise<void> | undefined
    const stop = (signal: string) => {
      if (stopping) process.exit(1)
      log.info({ event: 'writer.stopping', signal }, 'Stopping; a second signal ends it at once.')
      stopping = writer.stop().then(
        () => log.info({ event: 'writer.stopped' }, 'Writer stopped.'),
        (err: unknown) => fail(err),
      )
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
    writer.failed.catch(fail)
  } catch (err) {
    fail(err)
  }

  function fail(err: unknown): void {
    log.error({ event: 'writer.failed', err }, wordsFor(err, env))
    process.exit(1)
  }
}

function wordsFor(err: unknown, env: { readonly HOST: string; readonly PORT: number }): string {
  if (err instanceof Error && 'code' in err && err.code === 'EADDRINUSE') {
    return `Port ${env.PORT} on ${env.HOST} is taken: set PORT to a free one.`
  }
  return err instanceof Error ? err.message : 'The writer failed.'
}
