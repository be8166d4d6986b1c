import { setTimeout as sleep } from 'node:timers/promises'
import type { Postgres } from '@roomlog/embedded-postgres'
import type { Child } from '../child.ts'
import type { Credentials, Secrets, StandInKey } from '../credentials.ts'
import { type CatchPoint, type DatabaseProxy, proxyTo } from '../database-proxy.ts'
import { appEnvironment, rootKeyEnvironment, standInEnvironment } from '../environment.ts'
import type { Folder } from '../folder.ts'
import { createParts, ENTRIES, type Parts, STAND_IN } from '../parts.ts'
import { createPortSource, urlOf } from '../ports.ts'
import { untilReady } from '../ready.ts'
import { KILL_SETTINGS, STAND_IN_SETTINGS } from './settings.ts'

const CATCH_WITHIN_MS = 2_000
const START_ATTEMPTS = 5

export type PlantOptions = {
  readonly folder: Folder
  readonly credentials: Credentials
  readonly secrets: Secrets
  readonly base: Readonly<Record<string, string>>
  /** Where it begins to look for free ports: runs side by side begin apart. */
  readonly portsFrom: number
  readonly signal: AbortSignal
}

/** An app that runs: what a kill needs to know of it. */
export type App = {
  readonly child: Child
  readonly url: string
  /** The database, as this process sees it. */
  readonly proxy: DatabaseProxy
  /** Whose calls its calls are, at the stand-in. */
  readonly accessKeyId: string
}

/** All that runs besides the writers, and what starts those. */
export type Plant = {
  readonly apiUrls: readonly [string, string]
  readonly standInUrl: string
  readonly standInKey: StandInKey
  readonly databaseUrl: string
  /** Resolves, with what to tell, when something ends that nobody has killed. */
  readonly died: Promise<string>
  startWriter(name: string): Promise<App>
  /** Its end is no news. */
  expectEnd(app: App): void
  /**
   * SIGKILL, and a new api on the same port; `append` waits for one that is committed and not yet answered. Resolves with
   * whether that point was reached.
   */
  killApi(api: 0 | 1, point: 'moment' | 'append'): Promise<boolean>
  killStandIn(): Promise<void>
  /** SIGKILL to the postmaster alone, and a new one on the same data. */
  killPostgres(): Promise<void>
  close(): Promise<void>
}

/** Starts Postgres, the stand-in and two apis, and waits until they are ready. */
export async function startPlant(options: PlantOptions): Promise<Plant> {
  const { folder, signal } = options
  const nextPort = createPortSource(options.portsFrom)
  const postgresPort = await nextPort()
  const standInPort = await nextPort()
  const apiPorts = [await nextPort(), await nextPort()] as const
  const parts = createParts(folder)
  const proxies = new Set<DatabaseProxy>()
  const standInUrl = urlOf(standInPort)
  try {
    const startStandIn = () => launchStandIn(parts, options, standInPort)
    const [started, firstStandIn] = await Promise.all([parts.startPostgres(postgresPort), startStandIn()])
    let postgres: Postgres = started
    let standIn = firstStandIn
    const databaseUrl = postgres.url

    const startApp = async (kind: 'api' | 'writer', name: string, port: number, migrate: boolean): Promise<App> => {
      const proxy = await proxyTo(databaseUrl)
      proxies.add(proxy)
      const environment = appEnvironment({
        ...options,
        settings: { ...KILL_SETTINGS, ROOMLOG_MIGRATE: migrate ? 'on' : 'off' },
        port,
        databaseUrl: proxy.url,
        destinations: { kind: 'stand-in', url: standInUrl },
      })
      const child = parts.start({
        name,
        entry: ENTRIES[kind],
        env: {
          ...environment,
          ...(kind === 'api' ? rootKeyEnvironment(options.credentials) : {}),
          AWS_ACCESS_KEY_ID: name,
        },
        append: true,
      })
      void child.exited.then(() => {
        proxies.delete(proxy)
        proxy.close()
      })
      return { child, url: urlOf(port), proxy, accessKeyId: name }
    }
    const startApi = async (api: 0 | 1, migrate: boolean): Promise<App> => {
      const started = await startApp('api', `api-${api + 1}`, apiPorts[api], migrate)
      await untilReady(started.child, `${started.url}/readyz`, signal)
      return started
    }
    const apis: [App, App] = [await startApi(0, true), await startApi(1, false)]

    return {
      apiUrls: [urlOf(apiPorts[0]), urlOf(apiPorts[1])],
      standInUrl,
      standInKey: options.secrets.standInKey,
      databaseUrl,
      died: parts.died,
      startWriter: async (name) => {
        return startApp('writer', name, await nextPort(), false)
      },
      expectEnd: ({ child }) => parts.expectEnd(child),
      killApi: async (index, point) => {
        const api = apis[index]
        const reached = point === 'moment' || (await untilCaught(api.proxy, 'journal-append', 'after', signal))
        parts.expectEnd(api.child)
        await killed(api.child)
        apis[index] = await startApi(index, false)
        return reached
      },
      killStandIn: async () => {
        parts.expectEnd(standIn)
        await killed(standIn)
        standIn = await startStandIn()
      },
      killPostgres: async () => {
        parts.expectEnd(postgres)
        postgres.kill('SIGKILL')
        await postgres.exited
        postgres = await restarted(parts, postgresPort)
      },
      close: async () => {
        await parts.close()
        for (const proxy of proxies) proxy.close()
      },
    }
  } catch (error) {
    await parts.close()
    throw error
  }
}

/** Whether it was caught in time; when not, nothing waits for it any more. */
export async function untilCaught(
  proxy: DatabaseProxy,
  statement: string,
  point: CatchPoint,
  signal: AbortSignal,
): Promise<boolean> {
  const ending = new AbortController()
  const late = sleep(CATCH_WITHIN_MS, false, { signal: AbortSignal.any([signal, ending.signal]) })
  late.catch(() => undefined)
  try {
    return await Promise.race([proxy.catch(statement, point).then(() => true), late])
  } finally {
    proxy.letPass()
    ending.abort()
  }
}

async function launchStandIn(
  parts: Parts,
  { base, folder, secrets, signal }: PlantOptions,
  port: number,
): Promise<Child> {
  const env = { ...standInEnvironment(base, { port, data: folder.aws, key: secrets.standInKey }), ...STAND_IN_SETTINGS }
  const child = parts.start({ name: STAND_IN, entry: ENTRIES.standIn, env, append: true })
  await untilReady(child, `${urlOf(port)}/_local/health`, signal)
  return child
}

/** What the last server held (its port, its children) is let go of a moment after its end. */
async function restarted(parts: Parts, port: number): Promise<Postgres> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await parts.startPostgres(port)
    } catch (error) {
      if (attempt >= START_ATTEMPTS) throw error
      await sleep(500)
    }
  }
}

async function killed(child: Child): Promise<void> {
  child.kill('SIGKILL')
  await child.exited
}
