import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRoomlogClient, type RoomlogClient } from '@roomlog/client'
import { testPostgres } from '@roomlog/embedded-postgres'
import { type AwsClients, standInClients } from '../../src/aws-clients.ts'
import {
  appEnvironment,
  baseEnvironment,
  type Destinations,
  rootKeyEnvironment,
  standInEnvironment,
} from '../../src/environment.ts'
import type { AppName } from './deploy.ts'
import { type Process, run } from './process.ts'

const STAND_IN = fileURLToPath(new URL('../../../../packages/local-aws/dist/main.js', import.meta.url))
export const REGION = 'us-east-1'

export type Site = {
  /** For files of the test. */
  readonly folder: string
  readonly databaseUrl: string
  readonly aws: AwsClients
  /** What an app is told, on a free port. */
  environment(app: AppName): Readonly<Record<string, string>>
  /** Starts an app from a folder of its own. */
  start(app: AppName, folder: string): Process
  client(apiUrl: string): RoomlogClient
  /** URL of another database, without tables. */
  createEmptyDatabase(): Promise<string>
  close(): Promise<void>
}

/** What apps of one deployment share: a PostgreSQL, an AWS endpoint, an account and its keys. */
export async function openSite(settings: Readonly<Record<string, string>>): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'roomlog-deployed-'))
  const base = baseEnvironment(process.env)
  const processes: Process[] = []
  const track = (process: Process): Process => {
    processes.push(process)
    return process
  }
  const standInKey = { accessKeyId: 'STANDIN', secretAccessKey: randomBytes(24).toString('hex') }
  const standIn = run(STAND_IN, {
    env: standInEnvironment(base, { port: 0, data: join(folder, 'aws'), key: standInKey }),
  })
  const postgres = await testPostgres()
  const database = await postgres.createEmptyDatabase()
  const databases = [database]
  const url = await standIn.ready()
  const aws = standInClients(url, REGION, standInKey)
  const destinations: Destinations = { kind: 'stand-in', url }
  const credentials = {
    accessKeyId: 'ROOT',
    secretAccessKey: randomBytes(24).toString('hex'),
    accountId: '123456789012',
    region: REGION,
  }
  const secrets = { encryptionKey: randomBytes(32).toString('base64'), standInKey }
  const environment = (app: AppName) => ({
    ...appEnvironment({ base, settings, port: 0, databaseUrl: database.url, destinations, credentials, secrets }),
    ...(app === 'api' ? rootKeyEnvironment(credentials) : {}),
  })
  return {
    folder,
    databaseUrl: database.url,
    aws,
    environment,
    start: (app, cwd) => track(run(join(cwd, 'dist', 'main.js'), { cwd, env: environment(app) })),
    client: (apiUrl) => createRoomlogClient({ url: apiUrl, accessKey: credentials }),
    createEmptyDatabase: async () => {
      const empty = await postgres.createEmptyDatabase()
      databases.push(empty)
      return empty.url
    },
    close: async () => {
      for (const app of processes) app.kill('SIGKILL')
      await Promise.all(processes.map((app) => app.exited))
      aws.close()
      standIn.kill('SIGTERM')
      await standIn.exited
      for (const { drop } of databases) await drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
