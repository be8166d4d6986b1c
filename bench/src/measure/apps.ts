import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { ACCOUNT_ID, REGION } from './database.ts'
import { type RunningProcess, startProcess } from './process.ts'

export type App = RunningProcess & {
  readonly url: string
  /** From its start until it said that it was ready. */
  readonly readyAfterMs: number
}

export type AppOptions = {
  readonly databaseUrl: string
  readonly endpoint: string
  /** Documented variables on top of those that are needed. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  /** Where to leave a CPU profile. */
  readonly profile?: string | undefined
}

export const KEY = { id: 'RLKBENCHBENCHBENCH00', secret: 'bench-secret-of-no-value-0123456789' }

const READY = z.object({ event: z.enum(['writer.ready', 'api.ready']), url: z.string() })

/** The writer, as it is deployed. */
export function startWriter(options: AppOptions): Promise<App> {
  return startApp('writer', import.meta.resolve('@roomlog/writer/package.json'), options, {})
}

/** The api, as it is deployed, with rates that do not matter. */
export function startApi(options: AppOptions): Promise<App> {
  return startApp('api', import.meta.resolve('@roomlog/api/package.json'), options, {
    ROOMLOG_ACCOUNT_ID: ACCOUNT_ID,
    ROOMLOG_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    ROOMLOG_ROOT_ACCESS_KEY_ID: KEY.id,
    ROOMLOG_ROOT_SECRET_ACCESS_KEY: KEY.secret,
    ROOMLOG_RATE_SEND_MESSAGE: '1000000',
    ROOMLOG_ROOM_RATE_MAX: '1000000',
  })
}

async function startApp(
  name: string,
  manifest: string,
  { databaseUrl, endpoint, settings, profile }: AppOptions,
  needed: Readonly<Record<string, string>>,
): Promise<App> {
  const startedAtMs = performance.now()
  if (profile !== undefined) mkdirSync(profile, { recursive: true })
  const child = startProcess({
    name,
    entry: fileURLToPath(new URL('dist/main.js', manifest)),
    env: {
      DATABASE_URL: databaseUrl,
      PORT: '0',
      AWS_REGION: REGION,
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      ...needed,
      ...settings,
    },
    nodeArgs: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
  })
  try {
    const { url } = await child.line((line) => READY.safeParse(line).data)
    return { ...child, url, readyAfterMs: performance.now() - startedAtMs }
  } catch (error) {
    await child.stop()
    throw error
  }
}
