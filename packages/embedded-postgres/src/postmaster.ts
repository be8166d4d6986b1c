import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { EmbeddedPostgresError } from './error.ts'
import { ENVIRONMENT } from './identity.ts'

// A server whose starter was just killed is being stopped by its watchdog.
const GRACE_MS = 3_000
const STOPPING_MS = 15_000

/**
 * Leaves the cluster free of another server: removes a pid file whose process is gone (or is no Postgres: the number was
 * given to another process), waits for one that is stopping, refuses one that runs.
 */
export async function clearPostmaster(cluster: string): Promise<void> {
  const path = join(cluster, 'postmaster.pid')
  const startedAtMs = Date.now()
  for (;;) {
    const file = await readFile(path, 'utf8').catch(() => undefined)
    if (file === undefined) return
    const lines = file.split('\n')
    const pid = Number(lines[0])
    if (!(await isPostgres(pid))) {
      await rm(path, { force: true })
      return
    }
    const patienceMs = lines[7]?.trim() === 'stopping' ? STOPPING_MS : GRACE_MS
    if (Date.now() - startedAtMs > patienceMs) {
      throw new EmbeddedPostgresError(
        'already-running',
        `A Postgres (pid ${pid}) already runs on ${cluster}. Stop the other start first, or end it with: kill -INT ${pid}`,
      )
    }
    await sleep(100)
  }
}

async function isPostgres(pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0) return false
  return (await commandLine(pid)).includes('postgres')
}

/** Empty when there is no such process. */
async function commandLine(pid: number): Promise<string> {
  if (existsSync('/proc/self/cmdline')) return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  const ps = promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)], { env: ENVIRONMENT })
  return ps.then(({ stdout }) => stdout).catch(() => '')
}
