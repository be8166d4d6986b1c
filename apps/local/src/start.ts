import { randomBytes } from 'node:crypto'
import { createRoomlogClient } from '@roomlog/client'
import type { StartArguments } from './arguments.ts'
import { standInClients } from './aws-clients.ts'
import { type Credentials, openCredentials, openSecrets, type StandInKey, writeCurlOptions } from './credentials.ts'
import { ensureDemoRoom } from './demo-room.ts'
import { createDestinations, DEMO_DESTINATIONS } from './destinations.ts'
import type { LocalEnvironment } from './env.ts'
import { Failure } from './failure.ts'
import { type Folder, openFolder } from './folder.ts'
import { takeLock } from './lock.ts'
import { type Ports, requireFree } from './ports.ts'
import { type System, startSystem } from './system.ts'
import { welcome } from './welcome.ts'

export const LOCAL_ACCOUNT = '000000000000'
export const LOCAL_REGION = 'us-east-1'
const FIREHOSE_BUFFER_SECONDS = 10
/** The children of a start that was killed need a moment to notice. */
const LEFT_BEHIND_PATIENCE_MS = 15_000

export type StartOptions = Omit<StartArguments, 'command'> & {
  readonly folder: string
  readonly environment: LocalEnvironment
  readonly base: Readonly<Record<string, string>>
  readonly settings: Readonly<Record<string, string>>
  /** The SDK's variables of the caller; looked at only when AWS was asked for. */
  readonly awsVariables: Readonly<Record<string, string>>
  readonly print: (text: string) => void
  readonly signal: AbortSignal
}

/** Runs the whole system until the signal; fails when a part of it does. */
export async function start(options: StartOptions): Promise<void> {
  const { environment, print, signal, aws } = options
  const databaseUrl = options.database ?? environment.ROOMLOG_DATABASE_URL
  const ports = portsFrom(environment)
  const folder = await openFolder(options.folder)
  const lock = await takeLock(folder.lock)
  try {
    await requireFree(ports, partsHere({ aws, databaseUrl }), lock.leftBehind ? LEFT_BEHIND_PATIENCE_MS : 0)
    const credentials = await credentialsFor(folder, options)
    const secrets = await openSecrets(folder, randomBytes)
    print('Starting ...')
    const system = await startSystem({
      folder,
      ports,
      credentials,
      secrets,
      database: databaseUrl === undefined ? { kind: 'embedded' } : { kind: 'external', url: databaseUrl },
      destinations: aws ? { kind: 'aws', env: options.awsVariables } : { kind: 'stand-in' },
      base: options.base,
      settings: options.settings,
      signal,
    })
    try {
      const demoRoom = await prepareDemoRoom(system, credentials, secrets.standInKey, signal)
      const curlOptions = await writeCurlOptions(folder, credentials)
      print(welcome({ system, pids: system.pids(), folder, curlOptions, demoRoom }))
      const bad = await Promise.race([system.died, aborted(signal)])
      if (bad !== undefined) throw new Failure(`${bad}\nThe other parts were stopped.`)
      print('Stopping ...')
    } finally {
      await system.close()
    }
    print('Stopped.')
  } finally {
    lock.release()
  }
}

function portsFrom(environment: LocalEnvironment): Ports {
  return {
    api: environment.ROOMLOG_API_PORT,
    writer: environment.ROOMLOG_WRITER_PORT,
    aws: environment.ROOMLOG_AWS_PORT,
    postgres: environment.ROOMLOG_POSTGRES_PORT,
  }
}

function partsHere(elsewhere: { readonly aws: boolean; readonly databaseUrl: string | undefined }): (keyof Ports)[] {
  const parts: (keyof Ports)[] = ['api', 'writer']
  if (!elsewhere.aws) parts.push('aws')
  if (elsewhere.databaseUrl === undefined) parts.push('postgres')
  return parts
}

async function credentialsFor(folder: Folder, options: StartOptions): Promise<Credentials> {
  const accountId = options.environment.ROOMLOG_ACCOUNT_ID ?? LOCAL_ACCOUNT
  if (!options.aws) return openCredentials(folder, { accountId, region: LOCAL_REGION }, randomBytes)
  const region = options.awsVariables.AWS_REGION ?? options.awsVariables.AWS_DEFAULT_REGION
  if (region === undefined) throw new Failure('--aws needs AWS_REGION.', 2)
  // The file may be of a start with the stand-in: AWS has a region of its own.
  return { ...(await openCredentials(folder, { accountId, region }, randomBytes)), region }
}

/** Arn of the demo room; none with AWS, where buckets and streams are somebody's own and cost money. */
async function prepareDemoRoom(
  { apiUrl, standInUrl }: System,
  credentials: Credentials,
  standInKey: StandInKey,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (standInUrl === undefined) return undefined
  const clients = standInClients(standInUrl, credentials.region, standInKey)
  try {
    await createDestinations(clients, DEMO_DESTINATIONS, { bufferSeconds: FIREHOSE_BUFFER_SECONDS, signal })
  } finally {
    clients.close()
  }
  return ensureDemoRoom(createRoomlogClient({ url: apiUrl, accessKey: credentials }), DEMO_DESTINATIONS, { signal })
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}
