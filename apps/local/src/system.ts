import type { Child } from './child.ts'
import type { Credentials, Secrets } from './credentials.ts'
import { appEnvironment, type Destinations, rootKeyEnvironment, standInEnvironment } from './environment.ts'
import type { Folder } from './folder.ts'
import { createParts, ENTRIES, type Parts, STAND_IN } from './parts.ts'
import { type Ports, urlOf } from './ports.ts'
import { untilReady } from './ready.ts'

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

async function startDatabase(parts: Parts, { database, ports }: SystemOptions): Promise<string> {
  if (database.kind === 'external') return database.url
  const { url } = await parts.startPostgres(ports.postgres)
  return url
}

async function startDestinations(
  parts: Parts,
  { destinations, folder, ports, base, secrets, signal }: SystemOptions,
): Promise<Destinations> {
  if (destinations.kind === 'aws') return destinations
  const env = standInEnvironment(base, { port: ports.aws, data: folder.aws, key: secrets.standInKey })
  const standIn = parts.start({ name: STAND_IN, entry: ENTRIES.standIn, env })
  const url = urlOf(ports.aws)
  await untilReady(standIn, `${url}/_local/health`, signal)
  return { kind: 'stand-in', url }
}

/** Both values once both have come to an end: what is still starting when the other fails must be stopped too. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b])
  return Promise.all([a, b])
}
