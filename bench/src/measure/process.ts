import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { watchOver } from './watchdog.ts'

export type RunningProcess = {
  readonly pid: number
  /** The first line of JSON on its standard output that `find` finds something in. */
  line<T>(find: (line: unknown) => T | undefined): Promise<T>
  /** SIGTERM, and SIGKILL when that does not end it. Idempotent. */
  stop(): Promise<void>
}

const STOP_WITHIN_MS = 30_000
const READY_WITHIN_MS = 10 * 60_000
const TAIL_LINES = 20

/** What a program needs to run at all; nothing else of ours reaches the programs that are measured. */
const PASSED = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR']

/** A Node program that is measured from outside. It ends with us, however we end. */
export function startProcess(options: {
  readonly name: string
  readonly entry: string
  readonly args?: readonly string[]
  /** Options of Node itself. */
  readonly nodeArgs?: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly pipeInput?: boolean
}): RunningProcess {
  const passed = PASSED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), options.entry, ...(options.args ?? [])], {
    env: { ...Object.fromEntries(passed), ...options.env },
    stdio: [options.pipeInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${options.name} could not be started`)
  const tail: string[] = []
  const listeners = new Set<(line: unknown) => void>()
  const keep = (line: string) => {
    tail.push(line)
    if (tail.length > TAIL_LINES) tail.shift()
    const value = parsed(line)
    if (value !== undefined) for (const listener of listeners) listener(value)
  }
  for (const stream of [child.stdout, child.stderr]) if (stream) createInterface(stream).on('line', keep)
  let ended = false
  const exited = new Promise<void>((resolve) =>
    child.once('exit', () => {
      ended = true
      resolve()
    }),
  )
  // However we end, what we started ends too.
  const forget = watchOver(pid)
  void exited.then(forget)

  return {
    pid,
    line(find) {
      return new Promise((resolve, reject) => {
        const fail = (reason: string) => reject(new Error(`${options.name} ${reason}:\n${tail.join('\n')}`))
        const timer = setTimeout(() => fail('was not ready in time'), READY_WITHIN_MS)
        listeners.add((line) => {
          const found = find(line)
          if (found === undefined) return
          clearTimeout(timer)
          resolve(found)
        })
        void exited.then(() => {
          clearTimeout(timer)
          fail('ended')
        })
      })
    },
    async stop() {
      if (!ended) await endIt(child, exited)
    },
  }
}

async function endIt(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
  await exited
  clearTimeout(timer)
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
