import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))

export type MainProcess = {
  readonly child: ChildProcess
  readonly output: () => string
  /** The URL of its `api.ready` line, once there. */
  readonly ready: () => Promise<string>
  readonly exited: Promise<number | null>
}

/** The built api as a process of its own, with nothing of our environment but what is given. */
export function runMain(env: Readonly<Record<string, string>>): MainProcess {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const exited = once(child, 'exit').then(([code]) => code)
  const ready = async () => {
    for (;;) {
      const line = output.split('\n').find((text) => text.includes('"api.ready"'))
      if (line !== undefined) return String(JSON.parse(line).url)
      if (child.exitCode !== null) throw new Error(output)
      await once(child.stdout, 'data')
    }
  }
  return { child, output: () => output, ready, exited }
}
