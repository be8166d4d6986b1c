import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createRoomlogClient, type RoomlogClient } from '@roomlog/client'
import { type AwsClients, standInClients } from '../aws-clients.ts'
import type { Child } from '../child.ts'
import type { Credentials, Secrets, StandInKey } from '../credentials.ts'
import { appEnvironment, rootKeyEnvironment, standInEnvironment } from '../environment.ts'
import type { Folder } from '../folder.ts'
import { createParts, ENTRIES, STAND_IN } from '../parts.ts'
import { createPortSource, urlOf } from '../ports.ts'
import { untilReady } from '../ready.ts'

/** The account that does not behave. */
export const BAD_ACCOUNT = '000000000001'

const STOP_WITHIN_MS = 20_000
const CALL_TIMEOUT_MS = 10_000

/** Ceilings are as an operator leaves them, but for those that the rows of destinations would wait on. */
const SETTINGS = {
  ROOMLOG_LOG_LEVEL: 'warn',
  ROOMLOG_S3_FLUSH_SECONDS: '1',
  ROOMLOG_LINGER_MS: '100',
  ROOMLOG_REQUEST_TIMEOUT_SECONDS: '2',
  ROOMLOG_READ_BACK_SETTLE_SECONDS: '1',
  ROOMLOG_RATE_DELIVERY_STATUS: '1000',
}

export type StageOptions = {
  readonly folder: Folder
  /** Of the account that behaves well, and of the one that does not. */
  readonly accounts: readonly [Credentials, Credentials]
  readonly secrets: Secrets
  readonly base: Readonly<Record<string, string>>
  /** A checkout whose built api and writer are attacked instead of ours. */
  readonly apps: string | undefined
  readonly portsFrom: number
  readonly signal: AbortSignal
}

/** What is attacked. */
export type Stage = {
  readonly folder: Folder
  readonly base: Readonly<Record<string, string>>
  readonly apps: string | undefined
  readonly apiUrl: string
  readonly apiPort: number
  readonly databaseUrl: string
  readonly standInUrl: string
  readonly standInKey: StandInKey
  readonly aws: AwsClients
  /** Of the account that behaves well. */
  readonly client: RoomlogClient
  /** `<accessKeyId>.<secretAccessKey>` of either account. */
  readonly goodToken: string
  readonly badToken: string
  readonly badClient: RoomlogClient
  readonly died: Promise<string>
  nextPort(): Promise<number>
  /** A new api in the place of the last, so that no row is judged by what an earlier one has left. */
  freshApi(): Promise<void>
  apiPid(): number
  /** What the api has logged since it was started. */
  apiLog(): string
  readonly signal: AbortSignal
  close(): Promise<void>
}

/** Starts Postgres, the stand-in, api and writer, and makes both accounts. */
export async function startStage(options: StageOptions): Promise<Stage> {
  const { folder, accounts, signal, base, apps } = options
  const [good, bad] = accounts
  const { standInKey } = options.secrets
  const nextPort = createPortSource(options.portsFrom)
  const [postgresPort, standInPort, apiPort, writerPort] = [
    await nextPort(),
    await nextPort(),
    await nextPort(),
    await nextPort(),
  ]
  const parts = createParts(folder)
  const standInUrl = urlOf(standInPort)
  const apiUrl = urlOf(apiPort)
  const entryOf = (name: 'api' | 'writer') =>
    apps === undefined ? ENTRIES[name] : pathToFileURL(join(apps, 'apps', name, 'dist', 'main.js'))
  try {
    const { url: databaseUrl } = await parts.startPostgres(postgresPort)
    const env = {
      ...standInEnvironment(base, { port: standInPort, data: folder.aws, key: standInKey }),
      LOCAL_AWS_FSYNC: 'off',
    }
    const standIn = parts.start({ name: STAND_IN, entry: ENTRIES.standIn, env })
    await untilReady(standIn, `${standInUrl}/_local/health`, signal)

    const startApp = async (name: 'api' | 'writer', port: number, credentials: Credentials): Promise<Child> => {
      const environment = appEnvironment({
        ...options,
        credentials,
        settings: SETTINGS,
        port,
        databaseUrl,
        destinations: { kind: 'stand-in', url: standInUrl },
      })
      const root = name === 'api' ? rootKeyEnvironment(credentials) : {}
      const child = parts.start({ name, entry: entryOf(name), env: { ...environment, ...root } })
      await untilReady(child, `${urlOf(port)}/readyz`, signal)
      return child
    }
    const end = async (child: Child): Promise<void> => {
      parts.expectEnd(child)
      await child.stop(STOP_WITHIN_MS)
    }
    // An account is made by the first api that is started for it; its keys work in all.
    await end(await startApp('api', apiPort, bad))
    let api = await startApp('api', apiPort, good)
    await startApp('writer', writerPort, good)
    const aws = standInClients(standInUrl, good.region, standInKey)
    return {
      folder,
      base,
      apps,
      apiUrl,
      apiPort,
      databaseUrl,
      standInUrl,
      standInKey,
      aws,
      client: createRoomlogClient({ url: apiUrl, accessKey: good, timeoutMs: CALL_TIMEOUT_MS }),
      badClient: createRoomlogClient({ url: apiUrl, accessKey: bad, timeoutMs: CALL_TIMEOUT_MS }),
      goodToken: tokenOf(good),
      badToken: tokenOf(bad),
      died: parts.died,
      nextPort,
      freshApi: async () => {
        await end(api)
        api = await startApp('api', apiPort, good)
      },
      apiPid: () => api.pid,
      apiLog: () => readFileSync(join(folder.logs, 'api.log'), 'utf8'),
      signal,
      close: async () => {
        aws.close()
        await parts.close()
      },
    }
  } catch (error) {
    await parts.close()
    throw error
  }
}

function tokenOf({ accessKeyId, secretAccessKey }: Credentials): string {
  return `${accessKeyId}.${secretAccessKey}`
}
