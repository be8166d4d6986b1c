import { join } from 'node:path'
import type { Postgres } from '@roomlog/embedded-postgres'
import { startPostgres } from '@roomlog/embedded-postgres'
import { type Child, describeExit, startChild } from './child.ts'
import type { Credentials, Secrets } from './credentials.ts'
import { appEnvironment, type Destinations, rootKeyEnvironment, standInEnvironment } from './environment.ts'
import type { Folder } from './folder.ts'
import { HOST, type Ports } from './ports.ts'
import { lastWords, untilReady } from './ready.ts'

const STOP_WITHIN_MS = 20_000
const POSTGRES_LINES = 15

const ENTRIES = {
  api: new URL('../../api/dist/main.js', import.meta.url),
  writer: new URL('../../writer/dist/main.js', import.meta.url),
  standIn: new URL('../../../packages/local-aws/dist/main.js', import.meta.url),
} as const

export type SystemOptions = {
  readonly folder: Folder
  readonly ports: Ports
  readonly database: { readonly kind: 'embedded' } | { readonly kind: 'external'; readonly url: string }
  readonly destinations: { readonly kind: 'stand-in' } | Extract<Destinations, { readonly kind: 'aws' }>
  readonly credentials: Credentials
  readonly secrets: Secrets
  readonly base: Readonly<Record<string, string>>
  readonly settings: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

export type Pids = {
  readonly api: number
  readonly writer: number
  readonly standIn: number | undefined
  readonly postgres: number | undefined
}

/** Postgres, the stand-in, api and writer, all ready. */
export type System = {
  readonly apiUrl: string
  readonly writerUrl: string
  readonly databaseUrl: string
  /** Undefined when records go to AWS. */
  readonly standInUrl: string | undefined
  /** Process ids as they are now. */
  pids(): Pids
  /** Resolves, with what to tell, when a part ends that nobody has stopped. */
  readonly died: Promise<string>
  /** SIGKILL to the writer's own process, then a new writer in its place, ready. */
  killWriter(): Promise<void>
  /** Stops the parts in order: whoever uses another one ends before it. Idempotent. */
  close(): Promise<void>
}

/** Starts what is asked for and waits until all of it is ready; stops everything again when a part is not. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { folder, ports, signal } = options
  const parts = createParts(folder)
  try {
    const [databaseUrl, destinations] = await both(startDatabase(parts, options), startDestinations(parts, options))
    const startApp = (name: 'api' | 'writer', extra: Readonly<Record<string, string>>, append = false): Child =>
      parts.start({
        name,
        entry: ENTRIES[name],
        env: { ...appEnvironment({ ...options, port: ports[name], databaseUrl, destinations }), ...extra },
        append,
      })
    const api = startApp('api', rootKeyEnvironment(options.credentials))
    let writer = startApp('writer', {})
    const apiUrl = urlOf(ports.api)
    const writerUrl = urlOf(ports.writer)
    await Promise.all([untilReady(api, `${apiUrl}/readyz`, signal), untilReady(writer, `${writerUrl}/readyz`, signal)])
    return {
      apiUrl,
      writerUrl,
      databaseUrl,
      standInUrl: destinations.kind === 'stand-in' ? destinations.url : undefined,
      pids: () => ({ api: api.pid, writer: writer.pid, ...parts.pids() }),
      died: parts.died,
      killWriter: async () => {
        parts.expectEnd(writer)
        writer.kill('SIGKILL')
        await writer.exited
        writer = startApp('writer', {}, true)
        await untilReady(writer, `${writerUrl}/readyz`, signal)
      },
      close: parts.close,
    }
  } catch (error) {
    await parts.close()
    throw error
  }
}

async function startDatabase(parts: Parts, { database, folder, ports }: SystemOptions): Promise<string> {
  if (database.kind === 'external') return database.url
  const lines: string[] = []
  const postgres = await startPostgres({
    dataDir: folder.postgres,
    port: ports.postgres,
    database: 'roomlog',
    log: (line) => {
      lines.push(line)
      if (lines.length > POSTGRES_LINES) lines.shift()
    },
  })
  parts.addPostgres(postgres, lines)
  return postgres.url
}

async function startDestinations(
  parts: Parts,
  { destinations, folder, ports, base, signal }: SystemOptions,
): Promise<Destinations> {
  if (destinations.kind === 'aws') return destinations
  const env = standInEnvironment(base, { port: ports.aws, data: folder.aws })
  const standIn = parts.start({ name: 'stand-in', entry: ENTRIES.standIn, env })
  const url = urlOf(ports.aws)
  await untilReady(standIn, `${url}/_local/health`, signal)
  return { kind: 'stand-in', url }
}

type Parts = ReturnType<typeof createParts>

/** The processes that run, and the news of one that ended by itself. */
function createParts(folder: Folder) {
  const children: Child[] = []
  const expected = new Set<Child>()
  let postgres: Postgres | undefined
  let closing: Promise<void> | undefined
  let report: (message: string) => void
  const died = new Promise<string>((resolve) => {
    report = resolve
  })

  const stop = async (): Promise<void> => {
    const standIn = children.filter(({ name }) => name === 'stand-in')
    const apps = children.filter(({ name }) => name !== 'stand-in')
    await Promise.all(apps.map((child) => child.stop(STOP_WITHIN_MS)))
    await Promise.all(standIn.map((child) => child.stop(STOP_WITHIN_MS)))
    await postgres?.stop()
  }

  return {
    died,
    pids: () => ({ standIn: children.find(({ name }) => name === 'stand-in')?.pid, postgres: postgres?.pid }),
    start: (options: Pick<Parameters<typeof startChild>[0], 'name' | 'entry' | 'env' | 'append'>): Child => {
      const child = startChild({ ...options, cwd: folder.path, logFile: join(folder.logs, `${options.name}.log`) })
      children.push(child)
      void child.exited.then((exit) => {
        children.splice(children.indexOf(child), 1)
        if (closing || expected.has(child)) return
        report(`The ${child.name} ended unexpectedly (${describeExit(exit)}).${lastWords(child)}`)
      })
      return child
    },
    expectEnd: (child: Child): void => {
      expected.add(child)
    },
    addPostgres: (started: Postgres, lines: readonly string[]): void => {
      postgres = started
      void started.exited.then(() => {
        if (!closing)
          report(`Postgres ended unexpectedly. Its last lines:\n${lines.map((line) => `  ${line}`).join('\n')}`)
      })
    },
    close: (): Promise<void> => {
      closing ??= stop()
      return closing
    },
  }
}

/** Both values once both have come to an end: what is still starting when the other fails must be stopped too. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b])
  return Promise.all([a, b])
}

function urlOf(port: number): string {
  return `http://${HOST}:${port}`
}
