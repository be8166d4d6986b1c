import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const TETHER = new URL('../../dist/tether.js', import.meta.url)

export type Process = {
  readonly pid: number
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals | null>
  /** From the start until it said that it is ready. */
  readonly startupMs: () => number
  /** All that it has written. */
  output(): string
  /** Its URL, once it has written its `ready` line; fails when it ends before. */
  ready(): Promise<string>
  kill(signal: NodeJS.Signals): void
}

/** A built Node program with nothing of our environment but what is given; it lives no longer than we do. */
export function run(
  entry: string,
  options: { readonly env: Readonly<Record<string, string>>; readonly cwd?: string; readonly args?: readonly string[] },
): Process {
  for (const path of [entry, fileURLToPath(TETHER)]) {
    if (!existsSync(path)) throw new Error(`${path} is missing: run pnpm build first`)
  }
  const startedMs = performance.now()
  let readyMs: number | undefined
  const child = spawn(process.execPath, ['--import', TETHER.href, entry, ...(options.args ?? [])], {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  let ended = false
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      if (readyMs === undefined && output.includes('.ready"')) readyMs = performance.now()
    })
  }
  const exited = once(child, 'close').then(([code, signal]) => {
    ended = true
    return code ?? signal
  })
  return {
    pid: child.pid ?? 0,
    exited,
    startupMs: () => Math.round((readyMs ?? Number.NaN) - startedMs),
    output: () => output,
    ready: async () => {
      for (;;) {
        const line = output.split('\n').find((text) => text.includes('.ready"') && text.endsWith('}'))
        if (line !== undefined) return String(JSON.parse(line).url)
        if (ended) throw new Error(`${entry} ended (${await exited}) before it was ready:\n${output}`)
        await Promise.race([exited, child.stdout === null ? exited : once(child.stdout, 'data')])
      }
    },
    kill: (signal) => {
      child.kill(signal)
    },
  }
}
