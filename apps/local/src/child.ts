import { spawn } from 'node:child_process'
import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const TETHER = new URL('./tether.js', import.meta.url).href
const TAIL_BYTES = 16 * 1024
const TAIL_LINES = 15

/** A part of the system that runs as a process of its own. */
export type Child = {
  readonly name: string
  readonly pid: number
  /** Resolves when it has ended, by `stop` or by itself. */
  readonly exited: Promise<Exit>
  /** The last lines that it wrote. */
  lastLines(): readonly string[]
  /** SIGTERM, then SIGKILL when it has not ended within the time. Idempotent. */
  stop(withinMs: number): Promise<void>
  /** Sends a signal to this process alone. */
  kill(signal: NodeJS.Signals): void
}

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

/** Runs a Node program that lives no longer than we do; what it writes goes to `logFile` (the one before is kept as `.1`). */
export function startChild(options: {
  readonly name: string
  readonly entry: URL
  readonly args?: readonly string[] | undefined
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly logFile: string
  readonly append?: boolean | undefined
}): Child {
  const { name, entry, args = [], env, cwd, logFile } = options
  if (!options.append && existsSync(logFile)) renameSync(logFile, `${logFile}.1`)
  const log = openSync(logFile, 'a', 0o600)
  const child = spawn(process.execPath, ['--import', TETHER, fileURLToPath(entry), ...args], {
    cwd,
    env,
    stdio: ['ignore', log, log, 'ipc'],
    // A Ctrl-C in the terminal goes to us alone: we stop the children, in order.
    detached: true,
  })
  closeSync(log)
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', () => resolve({ code: 1, signal: null }))
  })
  const kill = (signal: NodeJS.Signals): void => {
    child.kill(signal)
  }
  return {
    name,
    pid: child.pid ?? 0,
    exited,
    kill,
    lastLines: () => tailOf(logFile),
    stop: async (withinMs) => {
      kill('SIGTERM')
      const timer = new AbortController()
      const late = sleep(withinMs, undefined, { signal: timer.signal }).then(
        () => kill('SIGKILL'),
        () => undefined,
      )
      await exited
      timer.abort()
      await late
    },
  }
}

/** How a process ended, in words. */
export function describeExit({ code, signal }: Exit): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`
}

function tailOf(path: string): readonly string[] {
  if (!existsSync(path)) return []
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES))
    const read = readSync(file, bytes, 0, bytes.length, size - bytes.length)
    const text = bytes.toString('utf8', 0, read).trimEnd()
    return text === '' ? [] : text.split('\n').slice(-TAIL_LINES)
  } finally {
    closeSync(file)
  }
}
