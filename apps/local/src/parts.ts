import { join } from 'node:path'
import type { Postgres } from '@roomlog/embedded-postgres'
import { startPostgres } from '@roomlog/embedded-postgres'
import { type Child, describeExit, startChild } from './child.ts'
import type { Folder } from './folder.ts'
import { lastWords } from './ready.ts'

const STOP_WITHIN_MS = 20_000
const POSTGRES_LINES = 15

/** What the children run. */
export const ENTRIES = {
  api: new URL('../../api/dist/main.js', import.meta.url),
  writer: new URL('../../writer/dist/main.js', import.meta.url),
  standIn: new URL('../../../packages/local-aws/dist/main.js', import.meta.url),
} as const

export const STAND_IN = 'stand-in'

export type Parts = {
  /** Resolves, with what to tell, when a part ends that nobody has stopped. */
  readonly died: Promise<string>
  start(options: Pick<Parameters<typeof startChild>[0], 'name' | 'entry' | 'env' | 'append'>): Child
  /** Of the folder, on that port, with fsync on. */
  startPostgres(port: number): Promise<Postgres>
  /** Its end is no news. */
  expectEnd(part: Child | Postgres): void
  pids(): { readonly standIn: number | undefined; readonly postgres: number | undefined }
  /** Stops the parts in order: whoever uses another one ends before it. Idempotent. */
  close(): Promise<void>
}

/** The processes that run, and the news of one that ended by itself. */
export function createParts(folder: Folder): Parts {
  const children: Child[] = []
  const expected = new Set<Child | Postgres>()
  let postgres: Postgres | undefined
  let closing: Promise<void> | undefined
  let report: (message: string) => void
  const died = new Promise<string>((resolve) => {
    report = resolve
  })

  const stop = async (): Promise<void> => {
    const standIn = children.filter(({ name }) => name === STAND_IN)
    const apps = children.filter(({ name }) => name !== STAND_IN)
    await Promise.all(apps.map((child) => child.stop(STOP_WITHIN_MS)))
    await Promise.all(standIn.map((child) => child.stop(STOP_WITHIN_MS)))
    await postgres?.stop()
  }

  return {
    died,
    pids: () => ({ standIn: children.find(({ name }) => name === STAND_IN)?.pid, postgres: postgres?.pid }),
    start: (options) => {
      const child = startChild({ ...options, cwd: folder.path, logFile: join(folder.logs, `${options.name}.log`) })
      children.push(child)
      void child.exited.then((exit) => {
        children.splice(children.indexOf(child), 1)
        if (closing || expected.delete(child)) return
        report(`The ${child.name} ended unexpectedly (${describeExit(exit)}).${lastWords(child)}`)
      })
      return child
    },
    startPostgres: async (port) => {
      const lines: string[] = []
      const started = await startPostgres({
        dataDir: folder.postgres,
        port,
        database: 'roomlog',
        log: (line) => {
          lines.push(line)
          if (lines.length > POSTGRES_LINES) lines.shift()
        },
      })
      postgres = started
      void started.exited.then(() => {
        if (closing || expected.delete(started)) return
        report(`Postgres ended unexpectedly. Its last lines:\n${lines.map((line) => `  ${line}`).join('\n')}`)
      })
      return started
    },
    expectEnd: (part) => {
      expected.add(part)
    },
    close: () => {
      closing ??= stop()
      return closing
    },
  }
}
