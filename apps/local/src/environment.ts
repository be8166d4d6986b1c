import type { Credentials, Secrets, StandInKey } from './credentials.ts'
import { HOST, PORT_VARIABLES } from './ports.ts'

type Environment = Readonly<Record<string, string>>

/** Where records go: the stand-in on this machine, or AWS with the variables that the SDK knows. */
export type Destinations =
  | { readonly kind: 'stand-in'; readonly url: string }
  | { readonly kind: 'aws'; readonly env: Environment }

// What any program needs. Nothing else of the caller's environment reaches a child: DATABASE_URL, AWS_*, PG*, NODE_OPTIONS
// and the like may belong to another project.
const PASSED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'NODE_EXTRA_CA_CERTS']
const OWN = new Set([...Object.values(PORT_VARIABLES), 'ROOMLOG_DATABASE_URL', 'ROOMLOG_FOLDER'])

/** The part of the environment that every child gets. */
export function baseEnvironment(env: NodeJS.ProcessEnv): Environment {
  return pick(env, (name) => PASSED.includes(name))
}

/** The caller's settings for api and writer (`ROOMLOG_S3_FLUSH_SECONDS` and the like). */
export function settingsFrom(env: NodeJS.ProcessEnv): Environment {
  return pick(env, (name) => name.startsWith('ROOMLOG_') && !OWN.has(name))
}

/** The SDK's standard variables, for whoever asked for AWS. */
export function awsVariablesFrom(env: NodeJS.ProcessEnv): Environment {
  return pick(env, (name) => name.startsWith('AWS_'))
}

/** What is not ours to use is removed, so that no library reads it behind our back. */
export function forgetForeign(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) {
    if (name === 'DATABASE_URL' || name.startsWith('AWS_') || name.startsWith('PG')) delete env[name]
  }
  Object.assign(env, noSharedFiles)
}

/** Of the stand-in's process. */
export function standInEnvironment(
  base: Environment,
  options: { readonly port: number; readonly data: string; readonly key: StandInKey },
): Environment {
  return {
    ...base,
    HOST,
    PORT: String(options.port),
    LOCAL_AWS_DATA: options.data,
    LOCAL_AWS_SECRET_ACCESS_KEY: options.key.secretAccessKey,
  }
}

/** Of api or writer. */
export function appEnvironment(options: {
  readonly base: Environment
  readonly settings: Environment
  readonly port: number
  readonly databaseUrl: string
  readonly destinations: Destinations
  readonly credentials: Credentials
  readonly secrets: Secrets
}): Environment {
  const { base, settings, credentials, destinations } = options
  return {
    ...base,
    ...awsEnvironment(destinations, credentials.region, options.secrets.standInKey),
    ROOMLOG_ENCRYPTION_KEY: options.secrets.encryptionKey,
    ...settings,
    ROOMLOG_ACCOUNT_ID: credentials.accountId,
    DATABASE_URL: options.databaseUrl,
    HOST,
    PORT: String(options.port),
  }
}

/** What only the api gets: its first access key. */
export function rootKeyEnvironment(credentials: Credentials): Environment {
  return {
    ROOMLOG_ROOT_ACCESS_KEY_ID: credentials.accessKeyId,
    ROOMLOG_ROOT_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
}

const noSharedFiles = {
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
}

function awsEnvironment(destinations: Destinations, region: string, key: StandInKey): Environment {
  if (destinations.kind === 'aws') return { AWS_REGION: region, ...destinations.env }
  return {
    ...noSharedFiles,
    AWS_REGION: region,
    AWS_ENDPOINT_URL: destinations.url,
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
  }
}

function pick(env: NodeJS.ProcessEnv, wanted: (name: string) => boolean): Environment {
  const picked: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && value !== '' && wanted(name)) picked[name] = value
  }
  return picked
}
