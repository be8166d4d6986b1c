import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, chown, lchown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Binaries } from './binaries.ts'
import { EmbeddedPostgresError } from './error.ts'
import { commandOf, ENVIRONMENT, type Identity } from './identity.ts'

export const SUPERUSER = 'postgres'

/** The password of the folder's server: the one given, the one kept from before, or a new one that is kept (mode 0600). */
export async function readPassword(folder: string, given: string | undefined): Promise<string> {
  if (given !== undefined) return given
  const path = join(folder, 'password')
  const kept = await readFile(path, 'utf8').catch(() => undefined)
  if (kept) return kept
  const password = randomBytes(18).toString('base64url')
  await writeFile(path, password, { mode: 0o600 })
  return password
}

/** Makes the folder, or says why it cannot be used. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 })
    const probe = join(folder, `.probe-${randomBytes(4).toString('hex')}`)
    await writeFile(probe, '')
    await rm(probe)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new EmbeddedPostgresError(
      'folder-unusable',
      `Cannot write to ${folder}: ${reason}. Make it writable or choose another folder.`,
      {
        cause,
      },
    )
  }
}

/** The cluster inside the folder, created when there is none. */
export async function openCluster(options: {
  readonly folder: string
  readonly binaries: Binaries
  readonly identity: Identity
  readonly password: string
  readonly sync: boolean
}): Promise<string> {
  const { folder, binaries, identity } = options
  const cluster = join(folder, 'cluster')
  const version = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (version === undefined) await createCluster(cluster, options)
  else await checkVersion(version.trim(), cluster, binaries)
  await own(cluster, identity)
  return cluster
}

// Made aside and renamed, so that an interrupted initdb leaves nothing that looks like a cluster.
async function createCluster(cluster: string, options: Parameters<typeof openCluster>[0]): Promise<void> {
  const { folder, binaries, identity, password, sync } = options
  const aside = join(folder, `making-${randomBytes(4).toString('hex')}`)
  const passwordFile = join(aside, 'password')
  const made = join(aside, 'cluster')
  try {
    await mkdir(aside, { mode: 0o700 })
    await writeFile(passwordFile, password, { mode: 0o600 })
    await own(aside, identity)
    const [file, args] = commandOf(identity, [
      binaries.initdb,
      `--pgdata=${made}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--no-locale',
      ...(sync ? [] : ['--no-sync']),
    ])
    await promisify(execFile)(file, args, { env: ENVIRONMENT, cwd: '/', ...identity.spawn })
    await rename(made, cluster)
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : ''
    const reason = said || (cause instanceof Error ? cause.message : String(cause))
    throw new EmbeddedPostgresError('failed', `initdb failed in ${folder}: ${reason}`, { cause })
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

async function checkVersion(version: string, cluster: string, binaries: Binaries): Promise<void> {
  const { stdout } = await promisify(execFile)(binaries.postgres, ['--version'], { env: ENVIRONMENT })
  const major = /\d+/.exec(stdout)?.[0]
  if (major === version) return
  throw new EmbeddedPostgresError(
    'other-version',
    `${cluster} was made by Postgres ${version}, this is Postgres ${major}. Move the folder away to start empty, or run it with its own version.`,
  )
}

// The identity may have changed since the last start (a clone that moved under a closed folder).
async function own(path: string, identity: Identity): Promise<void> {
  if (identity.owner === undefined || (await stat(path)).uid === identity.owner.uid) return
  const { uid, gid } = identity.owner
  for (const entry of await readdir(path, { recursive: true })) await lchown(join(path, entry), uid, gid)
  await chown(path, uid, gid)
  await chmod(path, 0o700)
}
