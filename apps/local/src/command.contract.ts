import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { PORT_VARIABLES, type Ports } from './ports.ts'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))

export type Command = {
  readonly process: ChildProcess
  readonly exited: Promise<number | null>
  /** All that it has written. */
  output(): string
  /** Waits until it has written something that matches. */
  saw(pattern: RegExp): Promise<RegExpExecArray>
}

/** Runs the built command line, as npm would, in an environment that another project has left its marks on. */
export function runCommand(args: readonly string[], env: Readonly<Record<string, string>>): Command {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run pnpm build first`)
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      DATABASE_URL: 'postgresql://somebody:else@127.0.0.1:1/theirs',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_PROFILE: 'somebody-elses',
      PGSSLMODE: 'require',
      ...env,
    },
  })
  let text = ''
  const keep = (chunk: Buffer): void => {
    text += chunk.toString()
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  return {
    process: child,
    exited,
    output: () => text,
    saw: async (pattern) => {
      for (;;) {
        const match = pattern.exec(text)
        if (match) return match
        if (child.exitCode !== null) throw new Error(`it ended (exit ${child.exitCode}) before ${pattern}:\n${text}`)
        await sleep(20)
      }
    },
  }
}

export function environmentFor(folder: string, ports: Ports): Record<string, string> {
  return {
    ROOMLOG_FOLDER: folder,
    [PORT_VARIABLES.api]: String(ports.api),
    [PORT_VARIABLES.writer]: String(ports.writer),
    [PORT_VARIABLES.aws]: String(ports.aws),
    [PORT_VARIABLES.postgres]: String(ports.postgres),
  }
}

/** Waits until the process is gone. */
export async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await sleep(50)
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
